"""What the study's totals may imply about a site, and the least numbers."""

from enum import StrEnum

from pydantic import Field, model_validator

from shared.sections.section import Section


class SiteSums(StrEnum):
    """Whether the sums of a single site can be concluded from the totals."""

    HIDDEN = "hidden"
    DERIVABLE = "derivable"
    """Leave-one-site-out gives every site's sums away: a study that asks for it says so."""


class Range(Section):
    """Between which values a feature lies: known beforehand, never taken from the patients."""

    feature: str
    low: float
    high: float

    @model_validator(mode="after")
    def _rising(self) -> "Range":
        if not self.low < self.high:
            raise ValueError(f"{self.feature}: low is not under high")
        return self


class Noise(Section):
    """Differential privacy: nothing about patients leaves but sums with noise in them (`shared.privacy.regression`)."""

    epsilon: float = Field(gt=0)
    """What the whole study may spend, at `delta`."""
    delta: float = Field(default=1e-5, gt=0, lt=0.1)
    ranges: tuple[Range, ...] = Field(min_length=1)
    """The features of the model; values beyond their range count as its end."""
    length: float | None = Field(default=None, gt=0)
    """Longest row of features, scaled to -1 ... 1, that counts whole; longer ones are shortened. Half of the longest
    possible where None."""

    @model_validator(mode="after")
    def _distinct(self) -> "Noise":
        if len({one.feature for one in self.ranges}) < len(self.ranges):
            raise ValueError("ranges name a feature twice")
        return self


class Privacy(Section):
    """Privacy choices of a study; a site's own policy may be stricter, never looser."""

    site_sums: SiteSums = SiteSums.HIDDEN
    minimum_patients: int = Field(default=10, ge=1)
    """Least number of patients under any quantity that leaves a site."""
    masked: bool = True
    """Sums leave under pairwise masks; off for simulations that compare."""
    noise: Noise | None = None
    """None adds none: what totals say about one patient more or less is then not bounded."""
