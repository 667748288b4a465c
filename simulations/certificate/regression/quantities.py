"""Every line of a certificate for a continuous endpoint."""

from collections.abc import Iterator, Sequence

from client.exchange.run import Run
from shared.results.result import Result
from simulations.certificate.quantity import Quantity
from simulations.certificate.regression.comparisons import comparisons
from simulations.certificate.regression.evaluation import evaluation
from simulations.certificate.regression.models import models
from simulations.pooled import Pooled


def of_regression(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Models, their evaluation, and their baselines.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    yield from models(result, runs, pooled)
    yield from evaluation(result, runs, pooled)
    yield from comparisons(result, runs, pooled)
