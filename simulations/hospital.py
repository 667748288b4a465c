"""A simulated hospital: its scanner, its patients' mix and its laboratory."""

from importlib import resources
from pathlib import Path

from pydantic import Field, model_validator

from shared.errors import Code, MrfedError
from shared.files import document
from shared.sections.section import Section
from simulations.scanner import Scanner


class Prevalence(Section):
    """Shares of the true HER2 classes among a hospital's patients."""

    zero: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    positive: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _add_up(self) -> "Prevalence":
        if abs(self.zero + self.low + self.positive - 1) > 1e-9:
            raise ValueError("the shares must add up to 1")
        return self


class Hospital(Section):
    """One hospital."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    patients: int = Field(ge=1)
    prevalence: Prevalence
    age_mean: float = Field(default=54, ge=30, le=80)
    age_sd: float = Field(default=11, ge=0, le=20)
    label_noise: float = Field(ge=0, le=0.25)
    """Probability that the laboratory reads a 0 as 1+, or a 1+ as 0."""
    records_ultralow: bool = False
    """Whether the laboratory splits 0 into null and ultralow."""
    ish_missing: float = Field(default=0, ge=0, le=0.5)
    """Probability that a 2+ was never settled by in-situ hybridisation."""
    scanner: Scanner


def load(name: str, beside: Path | None = None) -> Hospital:
    """Read a ready-made hospital by name, or a hospital's file.

    Parameters
    ----------
    name : a ready-made hospital, or a path to a YAML file
    beside : file that names it; a path is relative to this file's folder

    Raises
    ------
    MrfedError where neither exists, or the file is wrong.
    """
    folder = resources.files("simulations") / "hospitals"
    ready = {Path(entry.name).stem: entry for entry in folder.iterdir() if entry.name.endswith(".yaml")}
    if name in ready:
        with resources.as_file(ready[name]) as path:
            return document.load(path, Hospital, Code.SCENARIO_INVALID)
    path = (beside.parent if beside else Path()) / name
    if not path.is_file():
        raise MrfedError(
            Code.SCENARIO_INVALID,
            f"no hospital is called {name!r}; name one of {', '.join(sorted(ready))}, or give a YAML file",
        )
    return document.load(path, Hospital, Code.SCENARIO_INVALID)
