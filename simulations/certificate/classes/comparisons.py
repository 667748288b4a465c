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
from shared.folds import generator
from shared.metrics.auc import Z_95
from shared.results.evaluation import Measured
from shared.results.measure import Interval
from shared.results.result import Result
from shared.study.plan import Arm, targets
from simulations.certificate.classes.evaluation import of_calls
from simulations.certificate.classes.judged_risks import JudgedRisks, Sites, joined
from simulations.certificate.classes.measures import auc, bound, cells, influence, ranked, variance
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
            target: _resamples(judged.patients(Arm.MODEL, view, target), pooled) for target in targets(pooled.study)
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
            aucs += _ranked(line, own, drawn[target])
            measures += _measures(line, own[0], section.score_bins)
            risk, positive = joined(own[0])
            briers.append((line.brier, brier_score_loss(positive, risk)))
            if line.arm is not Arm.MODEL:
                differences += _difference(line, own, model, drawn[target], judged)
        yield held(f"AUC of the model and its baselines, {view}", aucs, "AUC", STATISTIC)
        yield held(f"precision and calls of the model and its baselines, {view}", measures, "relative", STATISTIC)
        yield held(f"Brier score of the model and its baselines, {view}", briers, "squared risk", OPTIMUM)
        yield held(f"differences from the model and their limits, {view}", differences, "AUC", STATISTIC)


def _within(sites: Sites) -> float:
    counted = [ranked(patients.risk, patients.positive) for patients in sites.values()]
    return sum(u for u, _ in counted) / max(sum(pairs for _, pairs in counted), 1)


def _ranked(line: Measured, repeats: Sequence[Sites], drawn: dict[str, Array]) -> Iterator[Held]:
    aucs = [_within(sites) for sites in repeats]
    yield line.auc, float(np.mean(aucs))
    if len(aucs) > 1:
        yield line.spread, float(np.std(aucs, ddof=1))
    if line.resampled is not None:
        yield from _ends(line.resampled, _drawn_aucs(repeats[0], drawn))


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
    difference = float(np.mean([_within(sites) for sites in own]) - np.mean([_within(sites) for sites in model]))
    yield line.difference, difference
    if not line.view.frozen:
        if line.difference_interval is not None:
            apart = _drawn_aucs(own[0], drawn) - _drawn_aucs(model[0], drawn)
            yield from _ends(line.difference_interval, apart)
        return
    spread, pairs = 0.0, 0
    for site, patients in own[0].items():
        if judged.shown(patients):  # a site that is too small to tell tells no variance
            first, second = (influence(scored.risk, scored.positive) for scored in (patients, model[0][site]))
            site_pairs = int(patients.positive.sum()) * int((~patients.positive).sum())
            spread += variance(*(a - b for a, b in zip(first, second, strict=True))) * site_pairs**2
            pairs += site_pairs
    error = sqrt(spread) / max(pairs, 1)
    if line.difference_interval is not None:
        yield line.difference_interval.low, difference - Z_95 * error
        yield line.difference_interval.high, difference + Z_95 * error
    if line.difference_p is not None:
        yield line.difference_p, float(2 * norm.sf(abs(difference) / error))


def _resamples(model: Sites, pooled: Pooled) -> dict[str, Array]:
    """(resamples, n) how often each patient of a site is drawn: of her class, by her place among the model's risks."""
    weights_of, times = {}, pooled.study.evaluation.resamples
    for site, patients in model.items():
        random = generator(pooled.study.evaluation.seed, "resamples", site)
        order, weights = np.argsort(patients.risk, kind="stable"), np.zeros((times, len(patients.risk)))
        if patients.positive.any() and not patients.positive.all():
            for of_class in (True, False):
                rows = order[patients.positive[order] == of_class]
                weights[:, rows] = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), times)
        weights_of[site] = weights
    return weights_of


def _drawn_aucs(sites: Sites, drawn: dict[str, Array]) -> Array:
    """(resamples,) AUC of pairs within sites."""
    u, pairs = np.zeros(len(next(iter(drawn.values())))), 0
    for site, patients in sites.items():
        wins = (1 + np.sign(np.subtract.outer(patients.risk[patients.positive], patients.risk[~patients.positive]))) / 2
        u += np.einsum(
            "ri,ij,rj->r", drawn[site][:, patients.positive], wins, drawn[site][:, ~patients.positive], optimize=True
        )
        pairs += wins.size
    return np.asarray(u / pairs)


def _ends(interval: Interval, values: Array) -> Iterator[Held]:
    low, high = np.quantile(values, [0.025, 0.975]).tolist()
    yield interval.low, low
    yield interval.high, high
