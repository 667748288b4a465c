"""The study file: everything that a coordinator asks and a site approves, under one digest."""

from pathlib import Path

from pydantic import model_validator

from shared.errors import Code, MrfedError
from shared.files import document
from shared.study.rules import RULES
from shared.study.study_sections import StudySections


class Study(StudySections):
    """A study, whole, its sections held against all rules. Its digest covers every setting, defaults included."""

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical study, in hexadecimal; what a site approves."""
        return document.digest(self)

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        for rule in RULES:
            rule(self)
        return self


READY_MADE = Path(__file__).parents[1] / "studies"
"""Studies that come with the package."""


def find(name: Path) -> Path:
    """Path of a study file: the file itself, or the ready-made study of that name.

    Raises
    ------
    MrfedError where there is neither.
    """
    if name.exists():
        return name
    ready = READY_MADE / f"{name}.yaml"
    if not ready.exists():
        known = ", ".join(sorted(path.stem for path in READY_MADE.glob("*.yaml")))
        raise MrfedError(
            Code.STUDY_INVALID, f"{name}: there is no such file; check the path, or name a ready-made study: {known}"
        )
    return ready


def load(path: Path) -> Study:
    """Read and check a study file.

    Raises
    ------
    MrfedError, one line for each fault: file, line, setting, what is wrong, what to do.
    """
    return document.load(path, Study, Code.STUDY_INVALID)


def named(name: Path) -> Study:
    """Read a study file, or the ready-made study of that name; raises as `find` and `load` do."""
    return load(find(name))
