"""How ways to an answer compare where the endpoint has classes: the AUC of pairs within sites.

Of more than two classes each is judged against the others, and the mean over the classes is compared.
"""

from collections.abc import Sequence
from math import nan, sqrt

import numpy as np

from shared.arrays import Array
from shared.folds import generator
from shared.metrics import auc, auc_interval, bootstrap, delong
from shared.metrics.auc import Z_95
from shared.metrics.auc_interval import Stratum
from shared.metrics.dependence import inflation, widened
from shared.study.plan import View, targets
from simulations.comparison.comparison_line import ComparisonLine, draws, no_worse, quantiles
from simulations.pooled import Pooled

MEASURE = "AUC within sites"


def lines(arm: str, view: View, risk: Array, model: Array, pooled: Pooled) -> list[ComparisonLine]:
    """One way in one view.

    Parameters
    ----------
    arm, view : which
    risk : (n, classes) that it predicts; NaN where a patient is not evaluated
    model : (n, classes) that the federated model predicts
    pooled : the study on one table
    """
    study, resamples, classes = pooled.study, draws(pooled.study), targets(pooled.study)
    pairs, u, u_of_model = (
        np.zeros(len(classes)),
        np.zeros((1 + resamples, len(classes))),
        np.zeros((1 + resamples, len(classes))),
    )
    compared = []
    for place in pooled.places:
        seen = np.isfinite(risk[place.rows]).all(axis=1) & np.isfinite(model[place.rows]).all(axis=1)
        # drawn by place among the model's scores, as a site does
        placed = np.flatnonzero(seen)[np.argsort(model[place.rows][seen, classes[0]], kind="stable")]
        own, theirs, y = (
            risk[place.rows][placed],
            model[place.rows][placed],
            pooled.y[place.rows][placed].astype(np.int64),
        )
        counted = [auc.concordance(own[:, target], y == target) for target in classes]
        name = (study.evaluation.seed, "resamples", place.run.site.name)
        for drawn, risks in ((u, own), (u_of_model, theirs)):
            drawn[0] += [auc.concordance(risks[:, target], y == target).u for target in classes]
            drawn[1:] += bootstrap.resampled_u_of_classes(risks, y, classes, resamples, generator(*name))
        own_pairs = np.array([counts.pairs for counts in counted])
        pairs += own_pairs
        compared.append((own, theirs, y, own_pairs))
    if not pairs.all():
        return [ComparisonLine(arm, view, MEASURE, nan, nan, nan, nan, nan, nan)]
    aucs, aucs_of_model = (u / pairs).mean(axis=1), (u_of_model / pairs).mean(axis=1)
    difference = float(aucs_of_model[0] - aucs[0])
    if view.frozen:
        variance = sum(
            _variance(own, theirs, y, own_pairs / pairs / len(classes), classes)
            for own, theirs, y, own_pairs in compared
        )
        half = Z_95 * sqrt(inflation(mutual=view.mutual) * variance)
        ends = (difference - half, difference + half)
    else:
        ends = widened(difference, *quantiles(aucs_of_model[1:] - aucs[1:]), mutual=view.mutual)
    claim = no_worse(study, arm, ends[0])
    return [
        ComparisonLine(arm, view, MEASURE, float(aucs[0]), *_limits(aucs, view, compared), difference, *ends, claim)
    ]


def _limits(aucs: Array, view: View, compared: Sequence[tuple[Array, Array, Array, Array]]) -> tuple[float, float]:
    """95 % of the AUC: a score interval; of the mean over several classes, as draws of patients spread it."""
    if len(compared[0][3]) > 1:
        low, high = widened(float(aucs[0]), *quantiles(aucs[1:]), mutual=view.mutual)
        return max(low, 0.0), min(high, 1.0)
    strata = [Stratum(float(own_pairs[0]), len(y)) for _, _, y, own_pairs in compared]
    estimated = float(aucs[1:].var(ddof=1))
    return auc_interval.interval(float(aucs[0]), strata, estimated, inflation(mutual=view.mutual))


def _variance(own: Array, theirs: Array, y: Array, shares: Array, classes: Sequence[int]) -> float:
    """Of one site's part in the difference, by DeLong: patients of a class are drawn together."""
    brought = np.zeros(len(y))
    for share, target in zip(shares, classes, strict=True):
        first, second = (delong.influence(risks[:, target], y == target) for risks in (theirs, own))
        brought += share * (first - second)
    of_class = [brought[y == label] for label in np.unique(y)]
    return sum(len(values) * float(values.var(ddof=1)) for values in of_class if len(values) > 1)
