"""What the sites have together."""

from server.federation import Federation
from server.journal import Exchange
from server.state import Enrolled
from shared.contract import Step
from shared.errors import Code, MrfedError


def describe(federation: Federation, enrolled: Enrolled) -> Exchange:
    """Class totals, and which features vary.

    Raises
    ------
    MrfedError where all patients are of one class, or no feature varies.
    """
    sizes = {
        "classes": len(federation.study.question.endpoint.classes),
        "features": len(enrolled.features),
    }
    exchange = federation.ask(Step.DESCRIBE, sizes, federation.scales.arrays(), enrolled.words)
    if (exchange.totals["class_totals"] > 0).sum() < 2:
        raise MrfedError(Code.ONE_CLASS, "describe: all patients of all sites are of one class; nothing can be learned")
    if not (exchange.totals["spread_squares"] > 0).any():
        raise MrfedError(
            Code.DATA_INCONSISTENT, "describe: no feature varies within any batch; check the feature tables"
        )
    return exchange
