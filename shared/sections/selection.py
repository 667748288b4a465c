"""Which features enter the model; chosen inside every fit, from sums. Each method has the settings that it reads."""

from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, Field

from shared.sections.kinds import SectionOfKind, by_kind, default_kind


class SelectionSettings(SectionOfKind):
    """What comes before any method: a shortlist, then a filter of correlated features."""

    tag: ClassVar[str] = "method"
    method: str
    shortlist: int | None = Field(default=None, ge=1)
    """Only so many features that differ most between the classes are looked at further: bytes grow with its square."""
    false_discovery_rate: float | None = Field(default=None, gt=0, lt=1)
    """Only features whose difference between the classes is a discovery at this rate (Benjamini and Hochberg, over all
    that vary) are looked at further."""
    correlation: float | None = Field(default=None, gt=0, le=1)
    """Of two features that correlate more, in size, the one that differs less between the classes goes."""


class AllFeatures(SelectionSettings):
    """No choice among those that are left."""

    method: Literal["all"] = "all"


class RankedFeatures(SelectionSettings):
    """Of methods that rank features."""

    keep: int = Field(default=20, ge=1)
    """How many features stay."""


class Univariate(RankedFeatures):
    """Those that differ most between the classes, or correlate most with a number: largest F, for two classes t^2."""

    method: Literal["univariate"] = "univariate"


class Mrmr(RankedFeatures):
    """Most relevant and least redundant: by mutual information on three levels; where the endpoint is a number, by F
    over the mean correlation with those that are chosen.
    """

    method: Literal["mrmr"] = "mrmr"


class StabilitySelection(SelectionSettings):
    """Those that the LASSO chooses in most half-samples of the patients; these are made of the inner folds."""

    method: Literal["stability"] = "stability"
    most: int = Field(default=10, ge=1)
    """How many features may be chosen in a half-sample."""
    half_samples: int = Field(default=50, ge=2, le=500, validation_alias=AliasChoices("half_samples", "halves"))
    """How many half-samples are made of the inner folds, at most."""
    threshold: float = Field(default=0.6, gt=0.5, le=1)
    """Share of the half-samples that must choose a feature."""


_OF_METHODS = AllFeatures | Univariate | Mrmr | StabilitySelection
METHODS = by_kind(_OF_METHODS)
"""Section of each method."""

Selection = Annotated[_OF_METHODS, Field(discriminator="method"), default_kind("method", "all")]
"""Feature selection of a study: a section of its method."""
