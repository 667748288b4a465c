"""Which features are stable enough to enter a model.

::

    stability: {source: perturbations, threshold: 0.75, sites: 0.5}
"""

from typing import Literal

from pydantic import Field

from shared.sections.section import Section


class Stability(Section):
    """How far features may depend on who drew the tumour, or on changes that mean nothing.

    Every site measures some of its patients beforehand (`mrfed-site stability`); sums of squares leave it, no values.
    """

    source: Literal["perturbations", "readers"] = "perturbations"
    """Masks and images changed a little, or masks of several readers."""
    readers: int = Field(default=2, ge=2, le=9)
    """How many readers each site compares, where the source is readers."""
    threshold: float = Field(default=0.75, gt=0, lt=1)
    """Least ICC(2,1) at a site for the site's vote."""
    sites: float = Field(default=0.5, gt=0, le=1)
    """Share of the sites that could measure a feature whose votes it needs."""
    unmeasured: Literal["drop", "keep"] = "drop"
    """What becomes of features that no site has measured. Those of habitats never are: they are found later."""
