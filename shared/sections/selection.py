"""Which features enter the model; chosen inside every fit, from sums."""

from enum import StrEnum

from pydantic import Field

from shared.sections.section import Section


class Selector(StrEnum):
    """How features are chosen."""

    ALL = "all"
    UNIVARIATE = "univariate"
    """Those that differ most between the classes: largest two-sample t."""


class Selection(Section):
    """Feature selection of a study."""

    method: Selector = Selector.ALL
    keep: int = Field(default=20, ge=1)
    """How many features stay, where the method ranks them."""
