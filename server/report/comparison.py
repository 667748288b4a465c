"""The model beside its baselines: the same patients, folds and measures, from one exchange."""

from math import erfc, nan, sqrt

import numpy as np

from server.journal import Exchange
from server.report.evaluation import called
from shared.arrays import Array
from shared.metrics import bootstrap, score_histogram
from shared.metrics.auc import Z_95
from shared.metrics.precision_recall import precision_recall
from shared.results.evaluation import Measured
from shared.results.measure import Interval, IntervalKind
from shared.study.plan import Arm, Judged, View, judged
from shared.study.study import Study


def measured(roster: tuple[str, ...], study: Study, exchange: Exchange) -> tuple[Measured, ...]:
    """A line for each arm, view and class; repetitions are taken together.

    Parameters
    ----------
    roster : sites that took part
    study : the study
    exchange : the evaluation
    """
    all_judged = judged(study)
    groups: dict[tuple[Arm, View, int], list[int]] = {}
    for index, one in enumerate(all_judged):
        groups.setdefault((one.arm, one.view, one.target), []).append(index)
    aucs = _aucs(exchange)
    return tuple(
        _line(roster, study, exchange, all_judged[rows[0]], rows, aucs, groups[(Arm.MODEL, view, target)])
        for (_, view, target), rows in groups.items()
    )


def _line(
    roster: tuple[str, ...],
    study: Study,
    exchange: Exchange,
    one: Judged,
    rows: list[int],
    aucs: Array,
    model: list[int],
) -> Measured:
    totals, first = exchange.totals, rows[0]
    scores = totals["scores"][first].round().astype(int)
    patients = int(scores.sum())
    difference = float(aucs[rows].mean() - aucs[model].mean()) if one.arm is not Arm.MODEL else nan
    return Measured(
        arm=one.arm,
        view=one.view,
        target=study.question.endpoint.classes[one.target].name,
        auc=float(aucs[rows].mean()),
        spread=float(aucs[rows].std(ddof=1)) if len(rows) > 1 else nan,
        resampled=_resampled(totals["resampled_u"][first], float(totals["all_pairs"][first])),
        pooled_auc=float(score_histogram.auc(scores)),
        pooled_auc_bound=float(score_histogram.auc_bound(scores)),
        average_precision=precision_recall(scores).average_precision if scores[1].sum() else nan,
        brier=float(totals["squared_errors"][first]) / patients if patients else nan,
        called=called(totals["calls"][first]),
        difference=difference,
        difference_interval=_difference_interval(roster, exchange, one, first, model[0], difference),
        difference_p=_p_value(roster, exchange, first, difference) if one.view.frozen else nan,
    )


def _aucs(exchange: Exchange) -> Array:
    """(judged,) site-stratified AUC, NaN without a pair."""
    u, pairs = exchange.totals["all_u"], np.rint(exchange.totals["all_pairs"])
    return np.where(pairs > 0, u / np.where(pairs > 0, pairs, 1.0), np.nan)


def _resampled(u: Array, pairs: float) -> Interval | None:
    if not len(u) or pairs < 1:
        return None
    low, high = bootstrap.interval(u, pairs)
    return Interval(low=low, high=high, kind=IntervalKind.BOOTSTRAP)


def _difference_interval(
    roster: tuple[str, ...], exchange: Exchange, one: Judged, index: int, model: int, difference: float
) -> Interval | None:
    """DeLong's where frozen models met untouched patients, else from the resamples that both had in common."""
    totals = exchange.totals
    pairs = float(np.rint(totals["all_pairs"][index]))
    if one.arm is Arm.MODEL or not np.isfinite(difference) or pairs != np.rint(totals["all_pairs"][model]):
        return None
    if one.view.frozen:
        variance = _variance(roster, exchange, index)
        half = Z_95 * sqrt(variance)
        if not variance > 0:
            return None
        return Interval(low=difference - half, high=difference + half, kind=IntervalKind.DELONG)
    apart = totals["resampled_u"][index] - totals["resampled_u"][model]
    if not len(apart) or pairs < 1:
        return None
    low, high = bootstrap.interval(apart, pairs)
    return Interval(low=low, high=high, kind=IntervalKind.BOOTSTRAP)


def _variance(roster: tuple[str, ...], exchange: Exchange, index: int) -> float:
    """Of the difference from the model; sites that are not shown say none and are left out."""
    told = [(exchange.clear[site]["class_counts"][index].prod(), exchange.clear[site]) for site in roster]
    pairs = sum(count for count, _ in told)
    if not pairs:
        return nan
    return float(sum(float(said["difference_variance"][index]) * (count / pairs) ** 2 for count, said in told))


def _p_value(roster: tuple[str, ...], exchange: Exchange, index: int, difference: float) -> float:
    """Two-sided, for no difference from the model."""
    variance = _variance(roster, exchange, index)
    return erfc(abs(difference) / sqrt(variance) / sqrt(2)) if variance > 0 and np.isfinite(difference) else nan
