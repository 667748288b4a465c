"""Every line of a certificate for an endpoint of classes."""

from collections.abc import Iterator, Sequence

from client.exchange.run import Run
from shared.results.result import Result
from simulations.certificate.classes.comparisons import comparisons
from simulations.certificate.classes.evaluation import evaluation
from simulations.certificate.classes.judged_risks import JudgedRisks
from simulations.certificate.classes.models import models
from simulations.certificate.quantity import Quantity
from simulations.pooled import Pooled


def of_classes(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Models, their evaluation, and their baselines.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    judged = JudgedRisks(runs, pooled)
    yield from models(result, runs, pooled, judged)
    yield from evaluation(result, runs, pooled, judged)
    yield from comparisons(result, pooled, judged)
