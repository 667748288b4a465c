"""An exactness certificate's baselines of a continuous endpoint, against those of the pooled table (`baseline_models`).

Models of single sites have no pooled counterpart: their measures are compared with their own predictions.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.metrics.auc import Z_95
from shared.metrics.dependence import INFLATION
from shared.results.continuous import ComparedResiduals
from shared.results.result import Result
from shared.study.plan import Arm, View
from simulations.certificate.baseline_models import Baselines
from simulations.certificate.quantity import OPTIMUM, Held, Quantity, held, worse
from simulations.certificate.regression.measures import Patients, concordance, correlation, influence, joined, of_sites
from simulations.certificate.regression.models import UNIT
from simulations.pooled import Pooled


def comparisons(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Predictions and measures of the model and its baselines, in every view, over all repetitions.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    half, models = pooled.study.question.endpoint.half_range, Baselines(pooled)
    for view in dict.fromkeys(line.view for line in result.compared):
        repeats = range(1 if view.frozen else pooled.study.evaluation.repeats)
        lines = [line for line in result.compared if line.view is view]
        by_arm: dict[Arm, list[dict[str, Patients]]] = {}
        apart, compared = 0.0, 0
        for line in lines:
            for repeat in repeats:
                ours = [run.part(Judgement).evaluated(line.arm, view, repeat)[1] for run in runs]
                predicted = np.concatenate(ours)
                if models.has(line.arm):
                    federated, predicted = predicted, models.unseen(line.arm, view, repeat)
                    seen = np.isfinite(predicted)
                    apart = worse(apart, float(np.abs(federated[seen] - predicted[seen]).max(initial=0.0)))
                    compared += int(seen.sum())
                by_arm.setdefault(line.arm, []).append(of_sites(predicted, pooled))
        yield Quantity(f"predictions of the model and its baselines, {view}", compared, apart, UNIT, OPTIMUM)
        measures = [pair for line in lines for pair in _measures(line, by_arm[line.arm], half)]
        yield held(f"measures of the model and its baselines, {view}", measures, "relative", OPTIMUM)
        differences = [pair for line in lines for pair in _difference(line, by_arm[line.arm], by_arm[Arm.MODEL])]
        yield held(f"differences from the model and their limits, {view}", differences, "concordance", OPTIMUM)


def _measures(line: ComparedResiduals, repeats: Sequence[dict[str, Patients]], half: float) -> Iterator[Held]:
    """The numbers of a line, averaged over repetitions."""
    every = []
    for by_site in repeats:
        (p, t), (own_p, own_t) = joined(by_site.values())
        errors = root_mean_squared_error(t, p) / half, mean_absolute_error(t, p) / half
        every.append((concordance(by_site.values()), correlation(own_p, own_t), r2_score(own_t, own_p), *errors))
    index, r, r_squared, rmse, mae = np.mean(every, axis=0).tolist()
    yield line.concordance, index
    yield line.correlation, r
    yield line.r_squared, r_squared
    yield None if line.rmse is None else line.rmse / half, rmse
    yield None if line.mae is None else line.mae / half, mae
    if len(repeats) > 1:
        yield line.spread, float(np.std([row[0] for row in every], ddof=1))


def _difference(
    line: ComparedResiduals, own: Sequence[dict[str, Patients]], model: Sequence[dict[str, Patients]]
) -> Iterator[Held]:
    difference = float(
        np.mean([concordance(by_site.values()) for by_site in own])
        - np.mean([concordance(by_site.values()) for by_site in model])
    )
    yield line.difference, difference
    if line.difference_interval is not None:
        moved = [
            influence([patients for patients in by_site.values() if len(patients[0])])[1]
            for by_site in (own[0], model[0])
        ]
        half = Z_95 * sqrt((1.0 if line.view is View.EXTERNAL else INFLATION) * ((moved[0] - moved[1]) ** 2).sum())
        yield line.difference_interval.low, difference - half
        yield line.difference_interval.high, difference + half
