"""Moments of the features in every task, and what still tells the sites apart."""

from harmonization.assess import axes
from server.federation import Federation
from server.state import Agreed, Harmonized
from shared.arrays import Arrays
from shared.errors import Code, MrfedError
from shared.metrics.value_histogram import BINS
from shared.models.standardize import CONSTANT
from shared.step import Step
from shared.study.plan import switches
from shared.training.imputation import impute
from shared.training.progress import Learned


def moments(federation: Federation, agreed: Agreed, harmonized: Harmonized) -> Learned:
    """Ask for them; everything that is learned from now on follows from the totals told.

    Raises
    ------
    MrfedError where a continuous endpoint does not vary.
    """

    def told(step: str) -> Arrays:
        totals = federation.totals(step)
        return impute(totals, harmonized.incomplete) if step == Step.MOMENTS else totals

    learned = Learned(federation.study, agreed.fits, told, federation.enrolled)
    sizes = {
        "tasks": len(learned.tasks),
        "features": len(agreed.features),
        "classes": learned.classes,
        "outer": learned.outer,
        "extras": len(agreed.extras),
        "value_bins": BINS,
        "incomplete": len(harmonized.incomplete),
        **axes(agreed.declared, learned.classes),
        **switches(federation.study),
    }
    totals = federation.ask(Step.MOMENTS, sizes).totals
    if federation.study.question.endpoint.continuous:
        _require_varied(totals)
    return learned


def _require_varied(totals: Arrays) -> None:
    """Refuse an outcome that is the same for all patients.

    Raises
    ------
    MrfedError (`ONE_CLASS`).
    """
    count, final = totals["class_totals"][0].sum(), (0, 0)  # the fit of all patients comes first
    squares = totals["outcome_squares"][final]
    if count * squares - totals["outcome_sums"][final] ** 2 <= CONSTANT * count * squares:
        raise MrfedError(
            Code.ONE_CLASS, "moments: all patients of all sites have the same outcome; nothing can be learned"
        )
