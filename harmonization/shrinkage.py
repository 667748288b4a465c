"""Empirical Bayes: a batch's location and scale effects, shrunk towards their distribution over features.

All of it needs of a feature only the number of values n, their mean gamma_hat and their sum of squares about
it, in the standardised scale: the squares about any other centre g are ss + n (gamma_hat - g)^2.

Reference: Johnson, Li and Rabinovic, Biostatistics 8 (2007) 118, sections 3.2 and 3.3.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array
from harmonization.errors import HarmonizationError

CONVERGENCE = 1e-4
"""The iteration stops when the largest signed relative change over all features is under it."""
_MOST_ITERATIONS = 10_000
_PAIRS = 2**22
"""Pairs of features that the non-parametric integral works on at a time."""


@dataclass(frozen=True)
class Prior:
    """Distribution of a batch's effects over features: gamma normal, delta inverse gamma."""

    gamma_bar: float
    t2: float
    a: float
    """Shape; infinite where delta is the same for all features."""
    b: float


def prior(gamma_hat: Array, delta_hat: Array) -> Prior:
    """Method of moments over the features of one batch (ddof 1).

    Parameters
    ----------
    gamma_hat : (f,) means
    delta_hat : (f,) variances
    """
    if len(gamma_hat) < 2:
        raise HarmonizationError(
            "empirical Bayes borrows from other features and there is one; use no empirical Bayes"
        )
    m, s2 = delta_hat.mean(), delta_hat.var(ddof=1)
    with np.errstate(divide="ignore"):
        a, b = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    return Prior(float(gamma_hat.mean()), float(gamma_hat.var(ddof=1)), float(a), float(b))


def location(gamma_hat: Array, n: Array | float, delta: Array | float, given: Prior) -> Array:
    """Posterior mean of gamma given delta."""
    weight = given.t2 * n
    return np.asarray((weight * gamma_hat + delta * given.gamma_bar) / (weight + delta))


def scale(squares: Array, n: Array, given: Prior, same: Array) -> Array:
    """Posterior mean of delta given gamma; `same` (the features' common delta) under an infinitely sharp prior."""
    if not np.isfinite(given.a):
        return same
    return np.asarray((0.5 * squares + given.b) / (n / 2.0 + given.a - 1.0))


def parametric(
    n: Array, gamma_hat: Array, ss: Array, delta_hat: Array, given: Prior
) -> tuple[Array, Array, int]:
    """Posterior means of gamma and delta, each given the other, until they agree.

    Parameters
    ----------
    n : (f,) values
    gamma_hat : (f,) their means
    ss : (f,) their sums of squares about the means
    delta_hat : (f,) where delta starts
    given : the batch's prior

    Returns
    -------
    gamma_star (f,), delta_star (f,) and the number of iterations
    """
    gamma, delta = gamma_hat, delta_hat
    for iteration in range(1, _MOST_ITERATIONS + 1):
        new_gamma = location(gamma_hat, n, delta, given)
        new_delta = scale(ss + n * (gamma_hat - new_gamma) ** 2, n, given, delta_hat)
        change = max(_largest_change(gamma, new_gamma), _largest_change(delta, new_delta))
        gamma, delta = new_gamma, new_delta
        if change <= CONVERGENCE:
            return gamma, delta, iteration
    raise HarmonizationError(
        f"empirical Bayes did not settle in {_MOST_ITERATIONS} iterations; use no empirical Bayes"
    )


def _largest_change(old: Array, new: Array) -> float:
    """Largest relative change, with the sign of the old value, as the reference implementations take it."""
    moved = np.abs(new - old)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(moved == 0, 0.0, moved / old).max())


def nonparametric(n: Array, gamma_hat: Array, ss: Array, delta_hat: Array) -> tuple[Array, Array]:
    """Posterior means under the other features' effects as prior, each weighted by its likelihood.

    Parameters
    ----------
    n, gamma_hat, ss, delta_hat : as for `parametric`

    Returns
    -------
    gamma_star (f,), delta_star (f,)

    Notes
    -----
    Likelihoods are compared in logarithms: with hundreds of patients they underflow otherwise.
    """
    f = len(gamma_hat)
    if f < 2:
        raise HarmonizationError(
            "empirical Bayes borrows from other features and there is one; use no empirical Bayes"
        )
    gamma_star, delta_star = np.empty(f), np.empty(f)
    step = max(1, _PAIRS // f)
    for start in range(0, f, step):
        mine = np.arange(start, min(start + step, f))
        squares = ss[mine, None] + n[mine, None] * (gamma_hat[mine, None] - gamma_hat) ** 2
        log_likelihood = -0.5 * (n[mine, None] * np.log(2 * np.pi * delta_hat) + squares / delta_hat)
        log_likelihood[np.arange(len(mine)), mine] = -np.inf
        weight = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        gamma_star[mine], delta_star[mine] = weight @ gamma_hat, weight @ delta_hat
    return gamma_star, delta_star
