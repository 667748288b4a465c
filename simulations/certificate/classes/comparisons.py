"""An exactness certificate's baselines of classes, against those of the pooled table (`baseline_models`).

Models of single sites have no pooled counterpart: their measures are compared with their own predictions. Resamples
are those that the study's seed draws, counted by numpy.
"""

from collections.abc import Iterator, Sequence
from math import nan, sqrt

import numpy as np
from scipy.stats import norm
from sklearn.metrics import average_precision_score, brier_score_loss

from shared.arrays import Array
from shared.metrics.auc import Z_95
from shared.metrics.dependence import INFLATION
from shared.results.evaluation import Measured
from shared.results.result import Result
from shared.study.plan import Arm, View, targets
from simulations.certificate.classes.evaluation import of_calls
from simulations.certificate.classes.judged_risks import JudgedRisks, Sites, joined
from simulations.certificate.classes.measures import auc, bound, cells, influence, variance
from simulations.certificate.classes.within_sites import drawn_aucs, limits, resamples, within
from simulations.certificate.quantity import OPTIMUM, STATISTIC, Held, Quantity, held
from simulations.pooled import Pooled


def comparisons(result: Result, pooled: Pooled, judged: JudgedRisks) -> Iterator[Quantity]:
    """Risks and measures of the model and its baselines, in every view, over all repetitions.

    Parameters
    ----------
    result : of the run
    pooled : the same study on one table
    judged : risks of pooled patients
    """
    section = pooled.study.evaluation
    classes = [label.name for label in pooled.study.question.endpoint.classes]
    for view in dict.fromkeys(line.view for line in result.comparisons):
        lines = [line for line in result.comparisons if line.view is view]
        repeats = range(1 if view.frozen else section.repeats)
        arms = list(dict.fromkeys(line.arm for line in lines))
        yield judged.apart(arms, view, repeats, "risks of the model and its baselines")
        drawn = {
            target: resamples(judged.patients(Arm.MODEL, view, target), pooled) for target in targets(pooled.study)
        }
        aucs: list[Held] = []
        measures: list[Held] = []
        briers: list[Held] = []
        differences: list[Held] = []
        for line in lines:
            target = classes.index(line.target)
            own, model = (
                [judged.patients(arm, view, target, repeat) for repeat in repeats] for arm in (line.arm, Arm.MODEL)
            )
            aucs += _ranked(line, own, drawn[target], judged)
            measures += _measures(line, own[0], section.score_bins)
            risk, positive = joined(own[0])
            briers.append((line.brier, brier_score_loss(positive, risk)))
            if line.arm is not Arm.MODEL:
                differences += _difference(line, own, model, drawn[target], judged)
        yield held(f"AUC of the model and its baselines, {view}", aucs, "AUC", STATISTIC)
        yield held(f"precision and calls of the model and its baselines, {view}", measures, "relative", STATISTIC)
        yield held(f"Brier score of the model and its baselines, {view}", briers, "squared risk", OPTIMUM)
        yield held(f"differences from the model and their limits, {view}", differences, "AUC", STATISTIC)


def _ranked(line: Measured, repeats: Sequence[Sites], drawn: dict[str, Array], judged: JudgedRisks) -> Iterator[Held]:
    aucs = [within(sites) for sites in repeats]
    yield line.auc, float(np.mean(aucs))
    if len(aucs) > 1:
        yield line.spread, float(np.std(aucs, ddof=1))
    if line.interval is not None:
        low, high = limits(repeats, line.view, judged, drawn)
        yield from ((line.interval.low, low), (line.interval.high, high))


def _measures(line: Measured, sites: Sites, bins: int) -> Iterator[Held]:
    risk, positive = joined(sites)
    cell = cells(risk, bins)
    yield line.pooled_auc, auc(cell, positive)
    yield line.pooled_auc_bound, bound(cell, positive)
    yield line.average_precision, average_precision_score(positive, cell) if positive.any() else nan
    yield from of_calls(line.called, list(sites.values()))


def _difference(
    line: Measured, own: Sequence[Sites], model: Sequence[Sites], drawn: dict[str, Array], judged: JudgedRisks
) -> Iterator[Held]:
    difference = float(np.mean([within(sites) for sites in own]) - np.mean([within(sites) for sites in model]))
    yield line.difference, difference
    if not line.view.frozen:
        if line.difference_interval is not None:
            apart = drawn_aucs(own[0], drawn) - drawn_aucs(model[0], drawn)
            about = difference + sqrt(INFLATION) * (
                np.quantile(apart, [0.025, 0.975]) - within(own[0]) + within(model[0])
            )
            yield from zip((line.difference_interval.low, line.difference_interval.high), about.tolist(), strict=True)
        return
    spread, pairs = 0.0, 0
    for site, patients in own[0].items():
        if judged.shown(patients):  # a site that is too small to tell tells no variance
            first, second = (
                influence(patients_of_arm.risk, patients_of_arm.positive)
                for patients_of_arm in (patients, model[0][site])
            )
            own_pairs = int(patients.positive.sum()) * int((~patients.positive).sum())
            spread += variance(*(a - b for a, b in zip(first, second, strict=True))) * own_pairs**2
            pairs += own_pairs
    error = sqrt(spread * (1.0 if line.view is View.EXTERNAL else INFLATION)) / max(pairs, 1)
    if line.difference_interval is not None:
        yield line.difference_interval.low, difference - Z_95 * error
        yield line.difference_interval.high, difference + Z_95 * error
    if line.difference_p is not None:
        yield line.difference_p, float(2 * norm.sf(abs(difference) / error))
