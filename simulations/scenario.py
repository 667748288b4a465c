"""A scenario: which hospitals there are and what HER2 does to their patients' tumours."""

from importlib import resources
from pathlib import Path

from pydantic import Field

from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.section import Section
from simulations import hospital
from simulations.effects import Effects
from simulations.hospital import Hospital


class ScenarioFile(Section):
    """A scenario as it is written: hospitals by name."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    description: str
    effects: Effects
    hospitals: tuple[str, ...] = Field(min_length=1)
    """Ready-made hospitals, or paths of hospital files, relative to the scenario's."""


class Scenario(Section):
    """A scenario with its hospitals read."""

    name: str
    description: str
    effects: Effects
    hospitals: tuple[Hospital, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over every setting, in hexadecimal."""
        return document.digest(self)


def ready_made() -> tuple[str, ...]:
    """Names of the scenarios that come with the software."""
    folder = resources.files("simulations") / "scenarios"
    return tuple(sorted(Path(entry.name).stem for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load(name: str) -> Scenario:
    """Read a ready-made scenario by name, or a scenario's file.

    Raises
    ------
    MrfedError, one line for each fault: file, line, setting, what is wrong, what to do.
    """
    if name in ready_made():
        with resources.as_file(resources.files("simulations") / "scenarios" / f"{name}.yaml") as path:
            return _read(path)
    path = Path(name)
    if not path.is_file():
        raise MrfedError(
            Code.SCENARIO_INVALID,
            f"no scenario is called {name!r}; name one of {', '.join(ready_made())}, or give a YAML file",
        )
    return _read(path)


def _read(path: Path) -> Scenario:
    written = document.load(path, ScenarioFile, Code.SCENARIO_INVALID)
    hospitals = tuple(hospital.load(name, beside=path) for name in written.hospitals)
    names = [read.name for read in hospitals]
    if len(set(names)) != len(names):
        raise MrfedError(Code.SCENARIO_INVALID, f"{path}: two hospitals have one name; rename one of them")
    return Scenario(name=written.name, description=written.description, effects=written.effects, hospitals=hospitals)
