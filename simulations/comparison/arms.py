"""Local, pooled and federated: three ways to the same question, on the same patients and folds.

Of more than two classes each is judged against the others, and the mean over the classes is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from client.derived.judgement import Judgement
from client.run import Run
from shared.arrays import Array
from shared.folds import generator
from shared.metrics import auc, bootstrap, delong
from shared.metrics.auc import Z_95
from shared.plan import Arm, View, targets, views
from simulations.comparison.pooled import Pooled

LOCAL, POOLED, FEDERATED = "local (each site alone)", "pooled", "federated"


@dataclass(frozen=True)
class Line:
    """One way in one view.

    Parameters
    ----------
    arm, view : which
    auc : of pairs within sites; of more than two classes the mean over them, each against the others
    low, high : its 95 % interval: patients drawn anew within sites
    difference : AUC of the federated model less this one's
    difference_low, difference_high : its 95 % interval: DeLong's, paired, on left-out sites; else of the same draws
    no_worse : whether the federated model is no worse than this by the study's margin; None without a margin
    """

    arm: str
    view: str
    auc: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    no_worse: bool | None


def lines(runs: Sequence[Run], pooled: Pooled) -> list[Line]:
    """Every arm in every view that it has.

    Parameters
    ----------
    runs : every site's part in a run that has finished
    pooled : the same study on one table
    """
    found = []
    for view in views(pooled.study):
        risks = {FEDERATED: _federated(runs, Arm.MODEL, view), POOLED: pooled.evaluated(view)[1]}
        if view is View.CROSS_VALIDATION and pooled.study.comparators.each_site_alone:
            risks[LOCAL] = _federated(runs, Arm.ALONE, view)
        for arm in (LOCAL, POOLED, FEDERATED):
            if arm in risks:
                found.append(_line(arm, view, risks[arm], risks[FEDERATED], pooled))
    return found


def _federated(runs: Sequence[Run], arm: Arm, view: View) -> Array:
    return np.concatenate([run.part(Judgement).evaluated(arm, view, 0)[1] for run in runs])


def _line(arm: str, view: View, risk: Array, model: Array, pooled: Pooled) -> Line:
    study, resamples, asked = pooled.study, max(pooled.study.evaluation.resamples, 1), targets(pooled.study)
    pairs, u, other = np.zeros(len(asked)), np.zeros((1 + resamples, len(asked))), np.zeros((1 + resamples, len(asked)))
    compared = []
    for one in pooled.places:
        seen = np.isfinite(risk[one.rows]).all(axis=1) & np.isfinite(model[one.rows]).all(axis=1)
        own, theirs, y = risk[one.rows][seen], model[one.rows][seen], pooled.y[one.rows][seen].astype(np.int64)
        counted = [auc.concordance(own[:, target], y == target) for target in asked]
        name = (study.evaluation.seed, "resamples", one.run.site.name)
        for found, risks in ((u, own), (other, theirs)):
            found[0] += [auc.concordance(risks[:, target], y == target).u for target in asked]
            found[1:] += bootstrap.resampled_u_of_classes(risks, y, asked, resamples, generator(*name))
        here = np.array([each.pairs for each in counted])
        pairs += here
        compared.append((own, theirs, y, here))
    if not pairs.all():
        return Line(arm, view, nan, nan, nan, nan, nan, nan, None)
    aucs, others = (u / pairs).mean(axis=1), (other / pairs).mean(axis=1)
    difference = float(others[0] - aucs[0])
    if view.frozen:
        variance = sum(_variance(own, theirs, y, here / pairs / len(asked), asked) for own, theirs, y, here in compared)
        half = Z_95 * sqrt(variance)
        ends = (difference - half, difference + half)
    else:
        ends = _quantiles(others[1:] - aucs[1:])
    margin = study.comparators.margin
    no_worse = None if margin is None or arm == FEDERATED else bool(ends[0] > -margin)
    return Line(arm, view, float(aucs[0]), *_quantiles(aucs[1:]), difference, *ends, no_worse)


def _quantiles(resampled: Array) -> tuple[float, float]:
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(low), float(high)


def _variance(own: Array, theirs: Array, y: Array, shares: Array, asked: Sequence[int]) -> float:
    """Of one site's part in the difference, by DeLong: patients of a class are drawn together."""
    brought = np.zeros(len(y))
    for share, target in zip(shares, asked, strict=True):
        first, second = (delong.influence(risks[:, target], y == target) for risks in (theirs, own))
        brought += share * (first - second)
    of_class = [brought[y == one] for one in np.unique(y)]
    return sum(len(one) * float(one.var(ddof=1)) for one in of_class if len(one) > 1)
