"""Local, pooled and federated: three ways to the same question, on the same patients and folds."""

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
from shared.plan import Arm, View, views
from simulations.comparison.pooled import Pooled

LOCAL, POOLED, FEDERATED = "local (each site alone)", "pooled", "federated"


@dataclass(frozen=True)
class Line:
    """One way in one view.

    Parameters
    ----------
    arm, view : which
    auc : of pairs within sites
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
    """Every arm in every view that it has, for the second of two classes.

    Parameters
    ----------
    runs : every site's part in a run that has finished
    pooled : the same study on one table
    """
    found = []
    for view in views(pooled.study):
        risks = {FEDERATED: _federated(runs, Arm.MODEL, view), POOLED: pooled.evaluated(view)[1][:, 1]}
        if view is View.CROSS_VALIDATION and pooled.study.comparators.each_site_alone:
            risks[LOCAL] = _federated(runs, Arm.ALONE, view)
        for arm in (LOCAL, POOLED, FEDERATED):
            if arm in risks:
                found.append(_line(arm, view, risks[arm], risks[FEDERATED], pooled))
    return found


def _federated(runs: Sequence[Run], arm: Arm, view: View) -> Array:
    return np.concatenate([run.part(Judgement).evaluated(arm, view, 0)[1][:, 1] for run in runs])


def _line(arm: str, view: View, risk: Array, model: Array, pooled: Pooled) -> Line:
    study, resamples = pooled.study, max(pooled.study.evaluation.resamples, 1)
    pairs, u, other, variance = 0, np.zeros(1 + resamples), np.zeros(1 + resamples), 0.0
    for one in pooled.places:
        own, theirs, positive = risk[one.rows], model[one.rows], pooled.y[one.rows] == 1
        seen = np.isfinite(own) & np.isfinite(theirs)
        counted = auc.concordance(own[seen], positive[seen])
        if not counted.pairs:
            continue
        name = (study.evaluation.seed, "resamples", one.run.site.name)
        u += np.append(counted.u, bootstrap.resampled_u(own[seen], positive[seen], resamples, generator(*name)))
        again = bootstrap.resampled_u(theirs[seen], positive[seen], resamples, generator(*name))
        other += np.append(auc.concordance(theirs[seen], positive[seen]).u, again)
        pairs += counted.pairs
        if view is View.LEFT_OUT_SITE and min(positive[seen].sum(), (~positive[seen]).sum()) > 1:
            variance += (delong.compare(theirs[seen], own[seen], positive[seen]).standard_error * counted.pairs) ** 2
    if not pairs:
        return Line(arm, view, nan, nan, nan, nan, nan, nan, None)
    low, high = bootstrap.interval(u[1:], pairs)
    difference = float(other[0] - u[0]) / pairs
    if view is View.LEFT_OUT_SITE:
        half = Z_95 * sqrt(variance) / pairs
        ends = (difference - half, difference + half)
    else:
        ends = bootstrap.interval(other[1:] - u[1:], pairs)
    margin = study.comparators.margin
    no_worse = None if margin is None or arm == FEDERATED else bool(ends[0] > -margin)
    return Line(arm, view, float(u[0]) / pairs, low, high, difference, *ends, no_worse)
