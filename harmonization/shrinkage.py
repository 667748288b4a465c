"""Empirical Bayes: a batch's location and scale effects, shrunk towards their distribution over features.

All of it needs of a feature only the number of values n, their mean gamma_hat and their sum of squares ss about
it, in the standardized scale: the squares about any other centre g are ss + n (gamma_hat - g)^2.

Reference: Johnson, Li and Rabinovic, Biostatistics 8 (2007) 118, sections 3.2 and 3.3.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Mask
from harmonization.errors import HarmonizationError

CONVERGENCE = 1e-4
"""The iteration stops when the largest signed relative change over all features is under it."""
FEWEST_FEATURES = 2
"""Features that a prior needs at least."""
_MOST_ITERATIONS = 10_000
_PAIRS = 2**22
"""Pairs of features that the non-parametric integral works on at a time."""


@dataclass(frozen=True)
class Measured:
    """What one batch does to each of f features, before shrinkage; all (f,)."""

    n: Array
    """Values; 0 where no patient of the batch has the feature"""
    gamma_hat: Array
    """Their mean; 0 without values"""
    ss: Array
    """Their sum of squares about it"""
    delta_hat: Array
    """Their variance (ddof 1); 1 where it is not measured, or zero"""

    def only(self, which: Mask) -> "Measured":
        """Some of the features."""
        return Measured(self.n[which], self.gamma_hat[which], self.ss[which], self.delta_hat[which])

    def require_company(self) -> None:
        """Refuse to borrow where there is nobody to borrow from."""
        if len(self.n) < FEWEST_FEATURES:
            raise HarmonizationError(
                f"empirical Bayes borrows from other features, and {len(self.n)} can be measured in a batch; "
                "harmonize without empirical Bayes"
            )


@dataclass(frozen=True)
class Prior:
    """Distribution of a batch's effects over features: gamma normal, delta inverse gamma."""

    gamma_bar: float
    t2: float
    a: float
    """Shape; infinite where delta is the same for all features"""
    b: float
    """Rate; infinite with a"""
    delta_bar: float


def prior(measured: Measured) -> Prior:
    """Method of moments over the features of one batch (ddof 1).

    Raises
    ------
    HarmonizationError for fewer than two features.
    """
    measured.require_company()
    m, s2 = measured.delta_hat.mean(), measured.delta_hat.var(ddof=1)
    with np.errstate(divide="ignore"):
        a, b = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
    return Prior(
        gamma_bar=float(measured.gamma_hat.mean()),
        t2=float(measured.gamma_hat.var(ddof=1)),
        a=float(a),
        b=float(b),
        delta_bar=float(m),
    )


def location(gamma_hat: Array, n: Array | float, delta: Array | float, given: Prior) -> Array:
    """Posterior mean of gamma given delta."""
    weight = given.t2 * n
    return np.asarray((weight * gamma_hat + delta * given.gamma_bar) / (weight + delta))


def scale(squares: Array, n: Array, given: Prior) -> Array:
    """Posterior mean of delta, given the squares about gamma."""
    if not np.isfinite(given.a):
        return np.full_like(squares, given.delta_bar)
    return np.asarray((0.5 * squares + given.b) / (n / 2.0 + given.a - 1.0))


def parametric(measured: Measured, given: Prior) -> tuple[Array, Array, int]:
    """Posterior means of gamma and delta, each given the other, until they agree.

    Returns
    -------
    gamma_star (f,), delta_star (f,) and the number of iterations; a feature without values has the prior's
    """
    n, gamma_hat = measured.n, measured.gamma_hat
    gamma, delta = gamma_hat, measured.delta_hat
    for iteration in range(1, _MOST_ITERATIONS + 1):
        new_gamma = location(gamma_hat, n, delta, given)
        new_delta = scale(measured.ss + n * (gamma_hat - new_gamma) ** 2, n, given)
        change = max(_largest_change(gamma, new_gamma), _largest_change(delta, new_delta))
        gamma, delta = new_gamma, new_delta
        if change <= CONVERGENCE:
            return gamma, delta, iteration
    raise HarmonizationError(
        f"empirical Bayes did not settle in {_MOST_ITERATIONS} iterations; harmonize without empirical Bayes"
    )


def _largest_change(old: Array, new: Array) -> float:
    """Largest relative change, with the sign of the old value, as the reference implementations take it."""
    moved = new - old
    np.abs(moved, out=moved)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved /= old
    # What stayed zero is 0 / 0 here, and did not change.
    return float(np.fmax.reduce(moved, initial=-np.inf))


def nonparametric(measured: Measured, among: Mask) -> tuple[Array, Array]:
    """Posterior means under the other features' effects as prior, each weighted by its likelihood.

    Parameters
    ----------
    measured : all features
    among : (f,) those whose effects make up the prior; a feature's own never does for itself

    Returns
    -------
    gamma_star (f,), delta_star (f,)

    Notes
    -----
    Likelihoods are compared in logarithms: with hundreds of patients they underflow otherwise.
    """
    prior, index = measured.only(among), np.flatnonzero(among)
    prior.require_company()
    f = len(measured.n)
    gamma_star, delta_star = np.empty(f), np.empty(f)
    step = max(1, _PAIRS // len(index))
    for start in range(0, f, step):
        mine = np.arange(start, min(start + step, f))
        n, gamma_hat, ss = (values[mine, None] for values in (measured.n, measured.gamma_hat, measured.ss))
        squares = ss + n * (gamma_hat - prior.gamma_hat) ** 2
        log_likelihood = -0.5 * (n * np.log(2 * np.pi * prior.delta_hat) + squares / prior.delta_hat)
        log_likelihood[mine[:, None] == index] = -np.inf
        weight = np.exp(log_likelihood - log_likelihood.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        gamma_star[mine], delta_star[mine] = weight @ prior.gamma_hat, weight @ prior.delta_hat
    return gamma_star, delta_star
