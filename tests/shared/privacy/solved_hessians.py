"""Patients solved for from the Hessians of logistic models at several coefficients, through any mask."""

import numpy as np
from scipy.optimize import least_squares, linear_sum_assignment

from shared.arrays import Array


def hessians(x: Array, coefficients: Array) -> Array:
    """(steps * pairs,) sums over patients of p (1 - p) x x', upper triangles: all that a coordinator is told."""
    return (_weights(x, coefficients)[0].T @ _products(x)).ravel()


def solved(told: Array, coefficients: Array, patients: int, random: np.random.Generator, starts: int = 4) -> Array:
    """(patients, features) rows that explain the Hessians best, by Levenberg and Marquardt from random starts.

    Parameters
    ----------
    told : as `hessians` gives
    coefficients : (steps, 1 + features) of each Hessian, intercept first
    patients : how many there are
    random : draws the starts
    starts : how many are tried, as long as nothing is explained exactly
    """
    features = coefficients.shape[1] - 1
    ones = np.ones((patients, 1))

    def rows(values: Array) -> Array:
        return np.hstack([ones, values.reshape(patients, features)])

    best = None
    for _ in range(starts):
        found = least_squares(
            lambda values: hessians(rows(values), coefficients) - told,
            random.normal(size=patients * features),
            lambda values: _derivative(rows(values), coefficients),
            max_nfev=150,
        )
        if best is None or found.cost < best.cost:
            best = found
        if best.cost < 1e-16:
            break
    assert best is not None
    return np.asarray(best.x.reshape(patients, features))


def median_error(x: Array, guess: Array) -> float:
    """Median over patients of the distance to the patient whom each is matched with, in the features' SD."""
    far = ((x[:, None] - guess[None]) ** 2).mean(axis=-1)
    return float(np.median(np.sqrt(far[linear_sum_assignment(far)])))


def _products(x: Array) -> Array:
    row, column = np.triu_indices(x.shape[1])
    return np.asarray(x[:, row] * x[:, column])


def _weights(x: Array, coefficients: Array) -> tuple[Array, Array]:
    """(n, steps) p (1 - p), and its derivative after the linear predictor."""
    p = 1 / (1 + np.exp(-x @ coefficients.T))
    return p * (1 - p), p * (1 - p) * (1 - 2 * p)


def _derivative(x: Array, coefficients: Array) -> Array:
    """(steps * pairs, n * features) of the Hessians after every value but the intercept's."""
    weight, slope = _weights(x, coefficients)
    row, column = np.triu_indices(x.shape[1])
    products = _products(x)
    out = np.empty((len(coefficients), len(row), *x.shape))
    for feature in range(x.shape[1]):
        own = (row == feature) * x[:, column] + (column == feature) * x[:, row]
        out[..., feature] = np.einsum("it,t,im->tmi", slope, coefficients[:, feature], products)
        out[..., feature] += np.einsum("it,im->tmi", weight, own)
    return out[..., 1:].reshape(out.shape[0] * out.shape[1], -1)
