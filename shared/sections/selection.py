"""Which features enter the model; chosen inside every fit, from sums."""

from enum import StrEnum

from pydantic import Field

from shared.sections.section import Section


class Selector(StrEnum):
    """How features are chosen."""

    ALL = "all"
    UNIVARIATE = "univariate"
    """Those that differ most between the classes: largest F, which for two classes is the square of t."""
    MRMR = "mrmr"
    """Most relevant and least redundant, by mutual information on three levels."""


class Selection(Section):
    """Feature selection of a study: a shortlist, then a filter of correlated features, then a method."""

    shortlist: int | None = Field(default=None, ge=1)
    """Only so many features that differ most between the classes are looked at further: bytes grow with its square."""
    correlation: float | None = Field(default=None, gt=0, le=1)
    """Of two features that correlate more, in size, the one that differs less between the classes goes."""
    method: Selector = Selector.ALL
    keep: int = Field(default=20, ge=1)
    """How many features stay, where the method ranks them."""
