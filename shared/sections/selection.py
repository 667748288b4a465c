"""Which features enter the model; chosen inside every fit, from sums."""

from enum import StrEnum

from pydantic import Field

from shared.sections.section import Section


class Selector(StrEnum):
    """How features are chosen."""

    ALL = "all"
    UNIVARIATE = "univariate"
    """Those that differ most between the classes, or correlate most with a number: largest F, for two classes t^2."""
    MRMR = "mrmr"
    """Most relevant and least redundant: by mutual information on three levels; where the endpoint is a number, by F
    over the mean correlation with those that are chosen."""
    STABILITY = "stability"
    """Those that the LASSO chooses in most halves of the patients; halves are made of the inner folds."""


class Selection(Section):
    """Feature selection of a study: a shortlist, then a filter of correlated features, then a method."""

    shortlist: int | None = Field(default=None, ge=1)
    """Only so many features that differ most between the classes are looked at further: bytes grow with its square."""
    false_discovery_rate: float | None = Field(default=None, gt=0, lt=1)
    """Only features whose difference between the classes is a discovery at this rate (Benjamini and Hochberg, over all
    that vary) are looked at further."""
    correlation: float | None = Field(default=None, gt=0, le=1)
    """Of two features that correlate more, in size, the one that differs less between the classes goes."""
    method: Selector = Selector.ALL
    keep: int = Field(default=20, ge=1)
    """How many features stay, where the method ranks them."""
    most: int = Field(default=10, ge=1)
    """How many features a half of the patients may choose (method: stability)."""
    halves: int = Field(default=50, ge=2, le=500)
    """How many halves are made of the inner folds, at most."""
    threshold: float = Field(default=0.6, gt=0.5, le=1)
    """Share of the halves that must choose a feature."""
