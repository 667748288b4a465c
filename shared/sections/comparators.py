"""What the study's model is held against: in every report, on the same folds."""

from pydantic import Field

from shared.sections.harmonization import Covariate
from shared.sections.section import Section


class Comparators(Section):
    """Baselines of a study."""

    clinical: tuple[Covariate, ...] = ()
    """Clinical variables: alone, and beside the model's score in the nomogram. A patient who lacks one is left out."""
    volume: str | None = None
    """Feature that holds the tumour's volume, in which the model must not merely be dressed up."""
    without_harmonization: bool = True
    """The same model on features as they are."""
    site_identity: bool = True
    """Whoever knows the site only."""
    each_site_alone: bool = True
    """The same model, trained at each site on its own patients; and each of these tried at every other site, where the
    study declares `privacy.site_sums: derivable`."""
    margin: float | None = Field(default=None, gt=0, lt=0.5)
    """How much less AUC, or of a number how much less concordance, than a comparator the model may have and still count
    as no worse (non-inferiority); set before labels are used. None makes no claim."""
    c: float = Field(default=1.0, gt=0)
    """Inverse strength of the L2 penalty on clinical variables, volume and score."""
