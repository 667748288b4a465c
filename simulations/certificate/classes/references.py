"""Models of classes by scikit-learn and SciPy, with which a certificate compares those of a study.

A penalty C is scikit-learn's: sum of losses + |w|^2 / (2 C), free intercepts.
"""

from collections.abc import Callable
from functools import singledispatch

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from shared.arrays import Array
from shared.models.registry import FAMILIES, LEARNERS
from shared.sections.model import (
    ComponentsSettings,
    DiscriminantSettings,
    LogisticSettings,
    Model,
    ModelSettings,
    NewtonSettings,
)

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
    return _reference(model, z, y, penalty) if z.shape[1] else None


@singledispatch
def _reference(model: ModelSettings, z: Array, y: Array, penalty: float) -> Predict | None:
    """None of a kind that has none here."""
    del model, z, y, penalty
    return None


@_reference.register
def _(model: LogisticSettings, z: Array, y: Array, penalty: float) -> Predict | None:
    return None if model.l1_ratio else of_family(model.kind, z, y, 1 / (len(y) * penalty))


@_reference.register
def _(model: NewtonSettings, z: Array, y: Array, penalty: float) -> Predict | None:
    if FAMILIES[model.kind].calibrated:
        return of_family(model.kind, z, y, 1 / (len(y) * penalty))
    svm = LinearSVC(C=model.c, dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
    return lambda held: np.stack([expit(-svm.decision_function(held)), expit(svm.decision_function(held))], axis=1)


@_reference.register
def _(model: ComponentsSettings, z: Array, y: Array, penalty: float) -> Predict | None:
    del penalty
    parts = min(model.components, z.shape[1])
    return _proba(make_pipeline(PCA(parts, svd_solver="full"), logistic(model.c, y)).fit(z, y))


@_reference.register
def _(model: DiscriminantSettings, z: Array, y: Array, penalty: float) -> Predict | None:
    del penalty
    if LEARNERS[model.kind].linear:
        return _proba(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=model.shrinkage or None).fit(z, y))
    return _proba(QuadraticDiscriminantAnalysis(reg_param=model.shrinkage).fit(z, y))


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
