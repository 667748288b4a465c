"""Moments of the features in every task, and what still tells the sites apart."""

from harmonization.assess import axes
from server.federation import Federation
from server.state import Agreed, Harmonized
from shared.arrays import Arrays
from shared.contract import Step
from shared.imputation import impute
from shared.learning import Learned
from shared.value_histogram import BINS


def moments(federation: Federation, agreed: Agreed, harmonized: Harmonized) -> Learned:
    """Ask for them; everything that is learned from now on follows from the totals told."""

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
    }
    federation.ask(Step.MOMENTS, sizes)
    return learned
