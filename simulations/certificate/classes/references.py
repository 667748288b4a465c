"""Models of classes by scikit-learn and SciPy, with which a certificate compares those of a study.

A penalty C is scikit-learn's: sum of losses + |w|^2 / (2 C), free intercepts.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from shared.arrays import Array
from shared.sections.learning import Model

Predict = Callable[[Array], Array]
"""(n, classes) risks of (n, columns) standardized features."""


def of_study(model: Model, z: Array, y: Array, penalty: float) -> Predict | None:
    """The model that a study asks for, at one penalty; None of a kind, or an L1 penalty, that has no reference here.

    Parameters
    ----------
    model : as the study asks for it
    z : (n, columns) standardized features
    y : (n,) class
    penalty : in units of the mean loss
    """
    if not z.shape[1] or (model.kind == "logistic" and model.l1_ratio):
        return None
    if model.kind in ("logistic", "multinomial", "ordinal"):
        return of_family(model.kind, z, y, 1 / (len(y) * penalty))
    if model.kind == "svm":
        svm = LinearSVC(C=model.c, dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
        return lambda held: np.stack([expit(-svm.decision_function(held)), expit(svm.decision_function(held))], axis=1)
    if model.kind == "pca":
        parts = min(model.components, z.shape[1])
        return _proba(make_pipeline(PCA(parts, svd_solver="full"), logistic(model.c, y)).fit(z, y))
    if model.kind == "lda":
        return _proba(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=model.shrinkage or None).fit(z, y))
    if model.kind == "qda":
        return _proba(QuadraticDiscriminantAnalysis(reg_param=model.shrinkage).fit(z, y))
    return None


def of_family(family: str, z: Array, y: Array, c: float) -> Predict:
    """A regression with an L2 penalty.

    Parameters
    ----------
    family : logistic, multinomial or ordinal
    z : (n, columns)
    y : (n,) class
    c : inverse strength of the penalty
    """
    return _ordinal(z, y.astype(np.int64), c) if family == "ordinal" else _proba(logistic(c, y).fit(z, y))


def logistic(c: float, y: Array) -> LogisticRegression:
    """Logistic regression at its strictest: of two classes, or multinomial."""
    solver = "newton-cholesky" if len(np.unique(y)) == 2 else "newton-cg"
    return LogisticRegression(C=c, solver=solver, tol=1e-12, max_iter=10_000)


def _proba(fitted: LogisticRegression) -> Predict:
    return lambda held: np.asarray(fitted.predict_proba(held))


def _ordinal(z: Array, y: Array, c: float) -> Predict:
    """Proportional odds: thresholds that rise, and a weight for each column, by SciPy's quasi-Newton search."""
    between = int(y.max())
    rows = np.eye(between + 2)

    def bounds(at: Array, held: Array) -> Array:
        edges = np.concatenate([[-np.inf], at[:between], [np.inf]])
        return np.asarray(expit(edges - (held @ at[between:])[:, None]))

    def objective(at: Array) -> tuple[float, Array]:
        reached = bounds(at, z)
        lower, upper = np.take_along_axis(reached, y[:, None], 1)[:, 0], np.take_along_axis(reached, y[:, None] + 1, 1)
        upper = upper[:, 0]
        share = upper - lower
        if (share <= 0).any():
            return np.inf, np.zeros(len(at))
        rise, fall = upper * (1 - upper) / share, lower * (1 - lower) / share
        of_edges = -(rise @ rows[y + 1] - fall @ rows[y])[1:-1]
        w = at[between:]
        return float(-np.log(share).sum() + w @ w / (2 * c)), np.concatenate([of_edges, (rise - fall) @ z + w / c])

    start = logit(np.cumsum(np.bincount(y))[:-1] / len(y))
    optimum = minimize(
        objective, np.append(start, np.zeros(z.shape[1])), jac=True, method="BFGS", options={"gtol": 1e-9}
    )
    return lambda held: np.diff(bounds(optimum.x, held), axis=1)
