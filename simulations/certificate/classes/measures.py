"""Measures of risks over pooled patients, by scikit-learn, SciPy and numpy."""

from math import nan

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from shared.arrays import Array

_CLIP = 1e-12
"""Risks are kept this far from 0 and 1, where the logit ends."""


def ranked(risk: Array, positive: Array) -> tuple[float, int]:
    """Pairs of a patient of the class and one of the others: those ranked correctly, and all."""
    pairs = int(positive.sum()) * int((~positive).sum())
    return (float(roc_auc_score(positive, risk)) * pairs if pairs else 0.0), pairs


def cells(risk: Array, bins: int) -> Array:
    """(n,) cell of the grid in which each risk lies, the last for a risk of 1."""
    return np.asarray((risk[:, None] >= np.arange(1, bins) / bins).sum(axis=1))


def auc(risk: Array, positive: Array) -> float:
    """Share of pairs that are ranked correctly; NaN where all patients are of one class."""
    u, pairs = ranked(risk, positive)
    return u / pairs if pairs else nan


def bound(cell: Array, positive: Array) -> float:
    """Bound on the difference of the AUC of cells from that of risks: pairs in one cell count half, and may be 0 or 1.

    NaN where all patients are of one class.
    """
    both = np.intersect1d(cell[positive], cell[~positive])
    shared = sum(int((cell[positive] == value).sum()) * int((cell[~positive] == value).sum()) for value in both)
    pairs = int(positive.sum()) * int((~positive).sum())
    return shared / 2 / pairs if pairs else nan


def influence(risk: Array, positive: Array) -> tuple[Array, Array]:
    """Share of the others over whom each of the class ranks, and of the class under whom each of the others does."""
    wins = (1 + np.sign(np.subtract.outer(risk[positive], risk[~positive]))) / 2
    return wins.mean(axis=1), wins.mean(axis=0)


def variance(above: Array, below: Array) -> float:
    """Of the AUC, or of a difference of two, by what each patient brings to it (DeLong)."""
    return float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))


def recalibrated(risk: Array, positive: Array) -> tuple[float, float, float, float]:
    """Slope of the logit and its standard error, intercept at a slope of 1 and its standard error; NaN without one."""
    if not positive.any() or positive.all():
        return nan, nan, nan, nan
    x, y = logit(np.clip(risk, _CLIP, 1 - _CLIP)), positive.astype(float)
    slope = slope_error = nan
    if x[positive].max() > x[~positive].min() and x[~positive].max() > x[positive].min():
        fitted = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=500).fit(x[:, None], y)
        design, fitted_risk = np.column_stack([np.ones_like(x), x]), fitted.predict_proba(x[:, None])[:, 1]
        information = (design * (fitted_risk * (1 - fitted_risk))[:, None]).T @ design
        slope, slope_error = float(fitted.coef_[0, 0]), float(np.sqrt(np.linalg.inv(information)[1, 1]))
    far = float(np.abs(x).max()) + 50
    intercept = float(brentq(lambda a: float((expit(a + x) - y).sum()), -far, far, xtol=1e-13))
    fitted_risk = expit(intercept + x)
    return slope, slope_error, intercept, float(1 / np.sqrt((fitted_risk * (1 - fitted_risk)).sum()))


def calibration_points(cell: Array, positive: Array, bins: int, groups: int = 10) -> list[tuple[float, ...]]:
    """Of patients by risk, in groups of whole cells: how many, predicted and observed share, Wilson's 95 % interval."""
    order = np.sort(cell)
    # a cell goes to the tenth in which its middle patient lies
    middle = {
        value: (np.searchsorted(order, value) + np.searchsorted(order, value, "right")) / 2 for value in np.unique(cell)
    }
    group = np.array([min(int(middle[value] * groups / len(cell)), groups - 1) for value in cell.tolist()])
    points: list[tuple[float, ...]] = []
    for number in np.unique(group):
        rows = group == number
        between = binomtest(int(positive[rows].sum()), int(rows.sum())).proportion_ci(method="wilson")
        predicted, observed = float((cell[rows] + 0.5).mean() / bins), float(positive[rows].mean())
        points.append((float(rows.sum()), predicted, observed, float(between.low), float(between.high)))
    return points
