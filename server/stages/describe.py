"""What the sites have together."""

from harmonization.errors import RankDeficientError
from harmonization.rank import require_full_rank
from server.agreed import Agreed
from server.federation import Federation
from server.journal import Exchange
from shared.errors import Code, MrfedError
from shared.step import Step


def describe(federation: Federation, agreed: Agreed) -> Exchange:
    """Class totals, and which features and covariates vary.

    Raises
    ------
    MrfedError where all patients are of one class, no feature varies, or covariates are collinear with the batches
        or each other: these are named, before any product of a feature and a covariate leaves a site.
    """
    exchange = federation.ask(Step.DESCRIBE)
    classes = len(federation.study.question.endpoint.classes)
    if classes and (exchange.totals["class_totals"] > 0).sum() < 2:
        raise MrfedError(Code.ONE_CLASS, "describe: all patients of all sites are of one class; nothing can be learned")
    if not (exchange.totals["spread_squares"] > 0).any():
        raise MrfedError(
            Code.DATA_INCONSISTENT, "describe: no feature varies within any batch; check the feature tables"
        )
    try:
        require_full_rank(exchange.totals["szz"], agreed.columns)
    except RankDeficientError as error:
        raise MrfedError(Code.DATA_INCONSISTENT, f"describe: {error}") from error
    return exchange
