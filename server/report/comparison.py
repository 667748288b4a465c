"""The model beside its baselines: the same patients, folds and measures, from one exchange."""

from math import erfc, nan, sqrt

import numpy as np

from server.journal import Exchange
from server.report.evaluation import called
from server.report.within_sites import interval_of, of_exchange
from shared.arrays import Array
from shared.metrics import score_histogram
from shared.metrics.auc import Z_95
from shared.metrics.dependence import inflation, widened
from shared.metrics.precision_recall import precision_recall
from shared.results.evaluation import Measured
from shared.results.measure import Interval, IntervalKind
from shared.study.plan import Arm, Judged, View, judged
from shared.study.study import Study

_DRAWN = ("all_u", "resampled_u")
"""Pairs ranked rightly: of the patients as they are, and drawn anew."""


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
    for index, prediction in enumerate(all_judged):
        groups.setdefault((prediction.arm, prediction.view, prediction.target), []).append(index)
    return tuple(
        _line(roster, study, exchange, all_judged[rows[0]], rows, groups[(Arm.MODEL, *key[1:])])
        for key, rows in groups.items()
    )


def _line(
    roster: tuple[str, ...],
    study: Study,
    exchange: Exchange,
    prediction: Judged,
    rows: list[int],
    of_model: list[int],
) -> Measured:
    totals, first = exchange.totals, rows[0]
    own, model = (of_exchange(roster, exchange, every, prediction.view) for every in (rows, of_model))
    scores = totals["scores"][first].round().astype(int)
    patients = int(scores.sum())
    difference = own.auc - model.auc if prediction.arm is not Arm.MODEL else nan
    variance = _variance(roster, exchange, first) * inflation(mutual=prediction.view.mutual)
    if prediction.view.frozen:
        interval = frozen_difference(difference, variance, prediction.view)
    else:
        apart = {name: (totals[name][first] - totals[name][of_model[0]]) / max(own.pairs, 1) for name in _DRAWN}
        interval = resampled_difference(difference, float(apart["all_u"]), apart["resampled_u"])
    return Measured(
        arm=prediction.arm,
        view=prediction.view,
        target=study.question.endpoint.classes[prediction.target].name,
        auc=own.auc,
        spread=float((totals["all_u"][rows] / own.pairs).std(ddof=1)) if len(rows) > 1 and own.pairs else nan,
        interval=own.interval(),
        pooled_auc=float(score_histogram.auc(scores)),
        pooled_auc_bound=float(score_histogram.auc_bound(scores)),
        average_precision=precision_recall(scores).average_precision if scores[1].sum() else nan,
        brier=float(totals["squared_errors"][first]) / patients if patients else nan,
        called=called(totals["calls"][first]),
        difference=difference,
        difference_interval=interval if own.pairs == model.pairs else None,
        difference_p=p_value(difference, variance) if prediction.view.frozen else nan,
    )


def frozen_difference(difference: float, variance: float, view: View) -> Interval | None:
    """By DeLong's variance, as wide as patients who train each other's models make it."""
    half = Z_95 * sqrt(variance) if variance > 0 else nan
    kind = IntervalKind.DELONG_MUTUAL if view.mutual else IntervalKind.DELONG
    return interval_of((difference - half, difference + half), kind)


def resampled_difference(difference: float, first: float, drawn: Array) -> Interval | None:
    """Of the resamples that both had in common, as wide as patients who train each other's models make it.

    Parameters
    ----------
    difference : mean over repetitions, about which the interval lies
    first : of the first repetition, whose patients are drawn anew
    drawn : (resamples,) differences
    """
    if not len(drawn) or not np.isfinite(difference):
        return None
    low, high = (float(limit) for limit in np.quantile(drawn, [0.025, 0.975]))
    moved = difference - first
    limits = widened(difference, low + moved, high + moved, mutual=True)
    return interval_of(limits, IntervalKind.BOOTSTRAP_MUTUAL)


def _variance(roster: tuple[str, ...], exchange: Exchange, index: int) -> float:
    """DeLong's, of the difference from the model; sites that are not shown say none and are left out."""
    variances = [(exchange.clear[site]["class_counts"][index].prod(), exchange.clear[site]) for site in roster]
    pairs = sum(count for count, _ in variances)
    if not pairs:
        return nan
    return float(sum(float(clear["difference_variance"][index]) * (count / pairs) ** 2 for count, clear in variances))


def p_value(difference: float, variance: float) -> float:
    """Two-sided, for no difference from the model."""
    return erfc(abs(difference) / sqrt(2 * variance)) if variance > 0 and np.isfinite(difference) else nan
