"""ComBat's regression from the sums of all sites, for every fit, and CovBat's components."""

from harmonization import fits
from harmonization.covbat import Components, all_components
from harmonization.errors import HarmonizationError
from harmonization.fits import Joins
from harmonization.rank import Called
from server.agreed import Harmonized
from server.federation import Federation
from server.state import State
from shared.errors import Code, MrfedError
from shared.step import Step


def harmonize(federation: Federation, state: State) -> Harmonized:
    """Add up the centred totals and solve them; the batches' own effects stay at the sites.

    Raises
    ------
    MrfedError where covariates and batches are collinear, naming the columns and the fit.
    """
    agreed, transforms, lacking = state.agreed, state.normalizing_transforms, federation.facts.lacking
    totals = federation.ask(Step.HARMONIZE).totals
    joined = federation.study.harmonization.joined
    joins = Joins.about(joined, state.described.totals, transformed=bool(transforms))
    try:
        called = Called(agreed.columns, [fit.words for fit in agreed.fits], agreed.features)
        return Harmonized(fits.agree(totals, called, lacking, joins), lacking, transforms)
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"harmonize: {error}") from error


def covariance(federation: Federation) -> tuple[Components, ...]:
    """CovBat's components from the products of what harmonization left over."""
    return all_components(federation.ask(Step.COVARIANCE).totals, federation.study.harmonization.share)
