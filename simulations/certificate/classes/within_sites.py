"""An exactness certificate's AUC within sites and its limits, from pooled patients: counted by numpy, solved as roots.

A score limit t of an AUC a solves (t - a)^2 = s V(t). Newcombe's V(t) has (2 - t)(1 + t) under its fraction, so that
the limits are roots of a polynomial of degree four; the study finds them by bisection.
"""

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np
from numpy.polynomial import Polynomial

from shared.arrays import Array
from shared.folds import generator
from shared.metrics.auc import Z_95
from shared.metrics.dependence import INFLATION
from shared.study.plan import View
from simulations.certificate.classes.judged_risks import JudgedRisks, Sites
from simulations.certificate.classes.measures import influence, ranked, variance
from simulations.pooled import Pooled

_AUC = Polynomial([0, 1])
_BETWEEN = (2 - _AUC) * (1 + _AUC)
Group = tuple[int, int]
"""Pairs and patients of a site, or of those whose numbers are hidden."""


def within(sites: Sites) -> float:
    """AUC of pairs within sites; 0 without a pair."""
    counted = [ranked(patients.risk, patients.positive) for patients in sites.values()]
    return sum(u for u, _ in counted) / max(sum(pairs for _, pairs in counted), 1)


def resamples(model: Sites, pooled: Pooled) -> dict[str, Array]:
    """(resamples, n) how often each patient of a site is drawn: of her class, by her place among the model's risks."""
    drawn, times = {}, pooled.study.evaluation.resamples
    for site, patients in model.items():
        random = generator(pooled.study.evaluation.seed, "resamples", site)
        order, weights = np.argsort(patients.risk, kind="stable"), np.zeros((times, len(patients.risk)))
        if patients.positive.any() and not patients.positive.all():
            for of_class in (True, False):
                rows = order[patients.positive[order] == of_class]
                weights[:, rows] = random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), times)
        drawn[site] = weights
    return drawn


def drawn_aucs(sites: Sites, drawn: dict[str, Array]) -> Array:
    """(resamples,) AUC of pairs within sites."""
    u, pairs = np.zeros(len(next(iter(drawn.values())))), 0
    for site, patients in sites.items():
        wins = (1 + np.sign(np.subtract.outer(patients.risk[patients.positive], patients.risk[~patients.positive]))) / 2
        u += np.einsum(
            "ri,ij,rj->r", drawn[site][:, patients.positive], wins, drawn[site][:, ~patients.positive], optimize=True
        )
        pairs += wins.size
    return np.asarray(u / pairs)


def chance(sites: Sites, view: View, judged: JudgedRisks) -> tuple[float, float]:
    """Central 95 % of the AUC of models whose labels say nothing."""
    half = Z_95 * sqrt(_widening(view) * newcombe(0.5, groups(sites, judged)))
    return max(0.0, 0.5 - half), min(1.0, 0.5 + half)


def limits(repeats: Sequence[Sites], view: View, judged: JudgedRisks, drawn: dict[str, Array]) -> tuple[float, float]:
    """95 % of the mean AUC over repetitions: patients as in the first, whose variance decides where it is larger.

    Parameters
    ----------
    repeats : patients as each repetition scores them
    view : in which they are evaluated
    judged : says which sites tell their numbers
    drawn : resamples
    """
    first, auc = repeats[0], float(np.mean([within(sites) for sites in repeats]))
    every = groups(first, judged)
    if view is View.CROSS_VALIDATION:
        times = drawn_aucs(first, drawn).var(ddof=1) / newcombe(auc, every) if len(next(iter(drawn.values()))) else nan
    else:
        telling = [patients for patients in first.values() if judged.shown(patients)]
        pairs = [int(patients.positive.sum()) * int((~patients.positive).sum()) for patients in telling]
        u = sum(ranked(patients.risk, patients.positive)[0] for patients in telling)
        spread = sum(
            variance(*influence(patients.risk, patients.positive)) * count**2
            for patients, count in zip(telling, pairs, strict=True)
        )
        expected = newcombe(
            u / max(sum(pairs), 1), [(p, len(patients.risk)) for patients, p in zip(telling, pairs, strict=True)]
        )
        times = spread / max(sum(pairs), 1) ** 2 / expected if expected > 0 else nan
    return score_limits(auc, every, _widening(view) * (times if times > 1 else 1.0))


def groups(sites: Sites, judged: JudgedRisks) -> list[Group]:
    """Sites that tell their numbers, and all others as one."""
    counted, hidden = [], np.zeros(2)
    for patients in sites.values():
        counts = int(patients.positive.sum()) * int((~patients.positive).sum()), len(patients.risk)
        if judged.shown(patients):
            counted.append(counts)
        else:
            hidden += counts
    return counted + ([(int(hidden[0]), int(hidden[1]))] if hidden[0] else [])


def newcombe(auc: float, every: Sequence[Group]) -> float:
    """Variance of an AUC of pairs within groups (Newcombe, Stat Med 25 (2006) 559, method 5); NaN without a pair."""
    pairs = sum(count for count, _ in every)
    if not pairs:
        return nan
    of_groups = [2 * n / 2 - 1 - (3 * n / 2 - 3) / ((2 - auc) * (1 + auc)) for _, n in every]
    return auc * (1 - auc) * sum(m * of for (m, _), of in zip(every, of_groups, strict=True)) / pairs**2


def score_limits(auc: float, every: Sequence[Group], times: float) -> tuple[float, float]:
    """Limits between which a true AUC is not spoken against at 5 %, its variance being so many times Newcombe's."""
    pairs = sum(count for count, _ in every)
    if not pairs:
        return nan, nan
    of_groups = sum((m * ((n - 1) * _BETWEEN - (3 * n / 2 - 3)) for m, n in every), Polynomial([0]))
    squares = (_AUC - auc) ** 2 * _BETWEEN - Z_95**2 * times / pairs**2 * _AUC * (1 - _AUC) * of_groups
    roots = squares.roots()
    real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > -1e-9) & (roots.real < 1 + 1e-9)]
    return float(max(real.min(), 0.0)), float(min(real.max(), 1.0))


def _widening(view: View) -> float:
    return 1.0 if view is View.EXTERNAL else INFLATION
