"""Moments of the features in every task, and what still tells the sites apart."""

from server.federation import Federation
from shared.arrays import Arrays
from shared.errors import Code, MrfedError
from shared.models.standardize import CONSTANT
from shared.step import Step
from shared.training.progress import Learned


def moments(federation: Federation) -> Learned:
    """Ask for them; everything that is learned from now on follows from the totals told.

    Raises
    ------
    MrfedError where a continuous endpoint does not vary.
    """
    totals = federation.ask(Step.MOMENTS).totals
    if federation.study.question.endpoint.continuous:
        _require_varied(totals)
    return federation.facts.learned


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
