"""ComBat's regression from the sums of all sites, for every fit."""

from harmonization.errors import HarmonizationError
from harmonization.federated import Consensus
from harmonization.reference import solve_all
from server.federation import Federation
from server.state import Agreed
from shared.contract import Step
from shared.errors import Code, MrfedError


def harmonize(federation: Federation, agreed: Agreed) -> Consensus:
    """Add up the centred totals and solve them; the batches' own effects stay at the sites.

    Raises
    ------
    MrfedError where covariates and batches are collinear, naming the columns.
    """
    sizes = {
        "fits": len(agreed.fits),
        "features": len(agreed.features),
        "covariates": len(agreed.columns),
        "referenced": int(federation.study.harmonization.reference_site is not None),
    }
    exchange = federation.ask(Step.HARMONIZE, sizes)
    try:
        return solve_all(exchange.totals, agreed.columns)
    except HarmonizationError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"harmonize: {error}") from error
