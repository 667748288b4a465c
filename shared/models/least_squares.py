"""Linear regression with an L1, L2 or elastic-net penalty, or with none, from sums that no model entered.

Objective of one problem (a fit at a penalty), the outcome in its own unit, free intercept:

    (1 / 2n) sum_i (y_i - b - w.z_i)^2 + lambda (rho |w|_1 + (1 - rho) |w|^2 / 2)

which is scikit-learn's `ElasticNet(alpha=lambda, l1_ratio=rho)`; with rho = 0 its `Ridge(alpha=n lambda)`, with
lambda = 0 its `LinearRegression`. All that it needs are the products of the features (X'X), of features and outcome
(X'y) and of the outcome (y'y): whole paths of all fits follow from them, so that training asks for nothing. Models are
held for the outcome in half its plausible range h; there the L1 penalty is lambda / h, the L2 penalty the same.

References: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), sections 3.2 to 3.4; Friedman,
Hastie and Tibshirani, J Stat Softw 33 (2010) 1.
"""

import numpy as np

from shared.arrays import Array, unpack_symmetric
from shared.models.closed_form import ClosedForm
from shared.models.elastic_net import breach
from shared.models.lasso_quadratic import minimize
from shared.models.learner import Known, Learner, Outcome
from shared.models.linear import Linear
from shared.models.standardize import CONSTANT
from shared.sections.learning import Training
from shared.sections.model import LinearSettings
from shared.sections.question import EndpointKind

_RANK = 1e-11
"""Curvature, relative to the largest, under which a direction counts as one in which the features do not vary: rounding
of sums. Without a penalty the model has no part in it (least norm, as scikit-learn)."""


class LeastSquares(Learner[LinearSettings]):
    """Linear regression. Coefficients: the intercept, then a weight for each feature, of the scaled outcome."""

    kinds = frozenset({EndpointKind.CONTINUOUS})
    words = "Linear regression"

    def exchanges(self, section: LinearSettings, training: Training) -> int:
        """None."""
        del section, training
        return 0

    def begin(self, section: LinearSettings, known: Known) -> ClosedForm:
        """See `Learner.begin`."""
        assert known.outcome is not None  # of continuous endpoints only
        tasks, penalties = known.penalties.shape
        models = np.zeros((tasks, penalties, 1 + known.there.shape[1]))
        solved, worst = np.zeros(tasks, dtype=bool), 0.0
        for task in range(tasks):
            patients, features = float(known.class_totals[task].sum()), int(known.there[task].sum())
            varies = _variance(patients, known.outcome.sums[task], known.outcome.squares[task]) > 0
            # Without a penalty as many coefficients as patients would go through every patient's outcome.
            solved[task] = varies and (section.penalties > 0 or patients > features + 1)
            if solved[task]:
                models[task], off = _path(section.l1_ratio, known, known.outcome, task)
                worst = max(worst, off)
        return ClosedForm(models, solved, worst)

    def size(self, section: LinearSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del section, classes, places
        return 1 + selected

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        return Linear().predict(design, coefficients, classes)

    def losses(self, design: Array, y: Array, coefficients: Array, classes: int) -> Array:
        """(penalties,) sum over patients of squared errors."""
        del classes
        return np.asarray(((coefficients @ design.T - y) ** 2).sum(axis=1))

    def settled(self, class_totals: Array) -> bool:
        """Whenever there are patients."""
        return bool(class_totals.sum() > 0)

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """The coefficients."""
        del selected, classes
        return float(coefficients[0]), coefficients[1:]


def null_gradient(class_totals: Array, class_sums: Array, outcome: Outcome) -> Array:
    """(fits, 1 + selected) of the sum of squares halved, without features, the outcome in its own unit.

    Parameters
    ----------
    class_totals : (fits, 1) training patients
    class_sums : (fits, 1, selected) sums of standardized features
    outcome : the same patients'
    """
    mean = outcome.sums / np.maximum(class_totals.sum(axis=1), 1)
    slope = class_sums.sum(axis=1) * mean[:, None] - outcome.products
    return np.concatenate([np.zeros((len(mean), 1)), outcome.half_range * slope], axis=1)


def _path(rho: float, known: Known, outcome: Outcome, task: int) -> tuple[Array, float]:
    """(penalties, 1 + selected) models of one task, and the largest breach of their optimality conditions."""
    n = float(known.class_totals[task].sum())
    mean, mean_y = known.class_sums[task].sum(axis=0) / n, outcome.sums[task] / n
    curved = unpack_symmetric(known.products[task]) / n - np.outer(mean, mean)
    slope = -(outcome.products[task] / n - mean * mean_y)
    there = known.there[task]
    l1, l2 = rho * known.penalties[task] / outcome.half_range, (1 - rho) * known.penalties[task]
    weights = np.zeros((len(l1), len(there)))
    inside, own = np.ix_(there, there), slope[there]
    for place in range(len(l1) if len(own) else 0):
        ridged = curved[inside] + l2[place] * np.eye(len(own))
        if l1[place] > 0:  # each from the solution of the one before
            start = weights[max(place - 1, 0), there]
            weights[place, there] = minimize(own, ridged, np.full(len(own), l1[place]), start)
        else:
            weights[place, there] = -_least_norm(ridged, own)
    models = np.concatenate([(mean_y - weights @ mean)[:, None], weights], axis=1)
    gradient = np.concatenate([np.zeros((len(l1), 1)), slope + weights @ curved], axis=1)
    return models, float(breach(gradient, models, l1, l2).max(initial=0.0))


def _least_norm(curved: Array, slope: Array) -> Array:
    values, vectors = np.linalg.eigh(curved)
    kept = values > _RANK * values.max(initial=0.0)
    return np.asarray((vectors[:, kept] / values[kept]) @ (vectors[:, kept].T @ slope))


def _variance(n: float, total: float, squares: float) -> float:
    """Of the outcome; 0 where it is rounding."""
    if n < 1:
        return 0.0
    variance = squares / n - (total / n) ** 2
    return float(variance) if variance > CONSTANT * max(squares / n, np.finfo(float).tiny) else 0.0
