"""What the study's totals may imply about a site, and the least numbers."""

from enum import StrEnum

from pydantic import Field

from shared.sections.section import Section


class SiteSums(StrEnum):
    """Whether the sums of a single site can be concluded from the totals."""

    HIDDEN = "hidden"
    DERIVABLE = "derivable"
    """Leave-one-site-out gives every site's sums away: a study that asks for it says so."""


class Privacy(Section):
    """Privacy choices of a study; a site's own policy may be stricter, never looser."""

    site_sums: SiteSums = SiteSums.HIDDEN
    minimum_patients: int = Field(default=10, ge=1)
    """Least number of patients under any quantity that leaves a site."""
    masked: bool = True
    """Sums leave under pairwise masks; off for simulations that compare."""
