"""ComBat's regression from the sums of all sites, for every fit, and CovBat's components."""

from harmonization import fits
from harmonization.covbat import Components, all_components
from harmonization.errors import HarmonizationError
from harmonization.fits import Joins
from harmonization.rank import Called
from server.federation import Federation
from server.journal import Exchange
from server.stages.transform import transform_features
from server.state import Agreed, Harmonized
from shared.errors import Code, MrfedError
from shared.sections.harmonization import Method
from shared.step import Step
from shared.study.plan import switches


def harmonize(federation: Federation, agreed: Agreed, described: Exchange) -> Harmonized:
    """Add up the centred totals and solve them; the batches' own effects stay at the sites.

    Raises
    ------
    MrfedError where covariates and batches are collinear, naming the columns and the fit.
    """
    normalizing_transforms = transform_features(federation, agreed, described)
    incomplete = fits.incomplete(described.totals)
    sizes = {
        "fits": len(agreed.fits),
        "features": len(agreed.features),
        "covariates": len(agreed.columns),
        "incomplete": len(incomplete),
        **switches(federation.study),
    }
    told = federation.ask(Step.HARMONIZE, sizes).totals
    section = federation.study.harmonization
    joins = Joins.about(section.joined, described.totals, transformed=bool(normalizing_transforms))
    try:
        called = Called(agreed.columns, [fit.words for fit in agreed.fits], agreed.features)
        regression = fits.agree(told, called, incomplete, joins)
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"harmonize: {error}") from error
    return Harmonized(regression, incomplete, normalizing_transforms, _components(federation, agreed))


def _components(federation: Federation, agreed: Agreed) -> tuple[Components, ...]:
    section = federation.study.harmonization
    if section.method is not Method.COVBAT:
        return ()
    f = len(agreed.features)
    sizes = {"fits": len(agreed.fits), "features": f, "pairs": f * (f + 1) // 2}
    return all_components(federation.ask(Step.COVARIANCE, sizes).totals, section.share)
