"""An exactness certificate's baselines of a continuous endpoint, trained anew on the pooled table.

Volume, clinical variables and the model's score beside them by scikit-learn's ridge regression, the site's mean by
numpy; the model on features as they are by the steps of a study, on one table. What each site alone predicts is its own
matter: its measures are held against its predictions.
"""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.preprocessing import StandardScaler

from client.derived.judgement import Judgement
from client.run import Run
from shared.arrays import Array
from shared.learn import Taught
from shared.metrics.auc import Z_95
from shared.outcome.continuous import ComparedResiduals
from shared.plan import Arm, View
from shared.result import Result
from simulations.comparison.certificate_of_regression import UNIT
from simulations.comparison.measured import Held, Patients, correlation, held, influence, joined, of_sites, ranked_pairs
from simulations.comparison.pooled import Pooled
from simulations.comparison.quantity import OPTIMUM, Quantity, worse


def baselines(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Predictions and measures of the model and of what it is held against, in every view, over all repetitions.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    half, models = pooled.study.question.endpoint.half_range, _Baselines(pooled)
    for view in dict.fromkeys(one.view for one in result.compared):
        repeats = range(1 if view.frozen else pooled.study.evaluation.repeats)
        lines = [one for one in result.compared if one.view is view]
        found: dict[Arm, list[dict[str, Patients]]] = {}
        apart, compared = 0.0, 0
        for line in lines:
            for repeat in repeats:
                ours = [run.part(Judgement).evaluated(line.arm, view, repeat)[1] for run in runs]
                predicted = np.concatenate(ours)
                if line.arm is not Arm.ALONE:
                    federated, predicted = predicted, models.unseen(line.arm, view, repeat)
                    seen = np.isfinite(predicted)
                    apart = worse(apart, float(np.abs(federated[seen] - predicted[seen]).max(initial=0.0)))
                    compared += int(seen.sum())
                found.setdefault(line.arm, []).append(of_sites(predicted, pooled))
        yield Quantity(f"predictions of the model and its baselines, {view}", compared, apart, UNIT, OPTIMUM)
        measures = [one for line in lines for one in _measures(line, found[line.arm], half)]
        yield held(f"measures of the model and its baselines, {view}", measures, "relative", OPTIMUM)
        differences = [one for line in lines for one in _difference(line, found[line.arm], found[Arm.MODEL])]
        yield held(f"differences from the model and their limits, {view}", differences, "concordance", OPTIMUM)


def _measures(line: ComparedResiduals, repeats: Sequence[dict[str, Patients]], half: float) -> Iterator[Held]:
    """What a line says, the mean over repetitions."""
    every = []
    for one in repeats:
        (p, t), (own_p, own_t) = joined(one.values())
        errors = root_mean_squared_error(t, p) / half, mean_absolute_error(t, p) / half
        every.append((_concordance(one), correlation(own_p, own_t), r2_score(own_t, own_p), *errors))
    concordance, r, r_squared, rmse, mae = np.mean(every, axis=0).tolist()
    yield line.concordance, concordance
    yield line.correlation, r
    yield line.r_squared, r_squared
    yield None if line.rmse is None else line.rmse / half, rmse
    yield None if line.mae is None else line.mae / half, mae
    if len(repeats) > 1:
        yield line.spread, float(np.std([one[0] for one in every], ddof=1))


def _difference(
    line: ComparedResiduals, own: Sequence[dict[str, Patients]], model: Sequence[dict[str, Patients]]
) -> Iterator[Held]:
    difference = float(np.mean([_concordance(one) for one in own]) - np.mean([_concordance(one) for one in model]))
    yield line.difference, difference
    if line.difference_interval is not None:
        moved = [influence([each for each in one.values() if len(each[0])])[1] for one in (own[0], model[0])]
        half = Z_95 * sqrt(((moved[0] - moved[1]) ** 2).sum())
        yield line.difference_interval.low, difference - half
        yield line.difference_interval.high, difference + half


def _concordance(patients: dict[str, Patients]) -> float:
    ranked = [ranked_pairs(*one) for one in patients.values() if len(one[0])]
    return sum(u for u, _ in ranked) / max(sum(pairs for _, pairs in ranked), 1)


class _Baselines:
    """Predictions of baselines on the pooled table.

    Parameters
    ----------
    pooled : the study on it
    """

    def __init__(self, pooled: Pooled) -> None:
        self._pooled = pooled
        self._extras = np.concatenate([one.run.extras for one in pooled.places])

    def unseen(self, arm: Arm, view: View, repeat: int) -> Array:
        """(n, 1) what an arm predicts of each patient who is evaluated; NaN of the others."""
        return self._pooled.unseen(view, repeat, lambda outer: self._predicted(arm, outer)[:, None])

    def _predicted(self, arm: Arm, outer: int) -> Array:
        """(n,) of all patients, by an outer fit."""
        pooled = self._pooled
        trains, y = pooled.trains(pooled.fits[outer]), pooled.y
        if arm is Arm.MODEL:
            return pooled.taught.risks(0, outer)[:, 0]
        if arm is Arm.UNHARMONISED:
            return pooled.taught_unharmonised.risks(0, outer)[:, 0]
        if arm is Arm.SITE:
            found, mean = np.empty(len(y)), y[trains].mean()
            for one in pooled.places:  # with one patient's worth of all sites
                own = y[one.rows][trains[one.rows]]
                found[one.rows] = (own.sum() + mean) / (len(own) + 1)
            return found
        volume = pooled.study.comparators.volume is not None
        columns = self._extras[:, -1:] if arm is Arm.VOLUME else self._extras[:, : -1 if volume else None]
        columns = StandardScaler().fit(columns[trains]).transform(columns)
        learned_from = shown = columns
        if arm is Arm.COMBINED:
            learned_from = np.column_stack([self._score(outer, trains), columns])
            shown = np.column_stack([pooled.taught.risks(0, outer)[:, 0], columns])
        ridge = Ridge(alpha=1 / pooled.study.comparators.c).fit(learned_from[trains], y[trains])
        return np.asarray(ridge.predict(shown))

    def _score(self, outer: int, trains: Array) -> Array:
        """(n,) the model's score; of training patients by the inner fit that left them out."""
        pooled, taught = self._pooled, self._pooled.taught
        found = taught.risks(0, outer)[:, 0]
        ours = pooled.fits[outer]
        for index, fit in enumerate(pooled.fits):
            if fit.inner is not None and (fit.fold, fit.site, fit.repeat) == (ours.fold, ours.site, ours.repeat):
                held_out = trains & ~pooled.trains(fit)
                found = np.where(held_out, _inner(taught, index, taught.place(outer)), found)
        return found


def _inner(taught: Taught, fit: int, place: int) -> Array:
    """(n,) what an inner fit's model predicts, at the penalty that its outer fit chose."""
    return taught.lessons[0].risks(taught.exchanges, fit, place)[:, 0]
