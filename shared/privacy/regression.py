"""Logistic regression with differential privacy: one Newton step from zero, of sums with noise under the masks.

At zero every risk is a half, so that gradient and Hessian are sums of products that depend on no model: one release
serves all folds and the final model. Each patient enters the sums of one fold only; a fold's model is made of the
others' sums. A second release counts the scores of the patients whom each model has not seen. Both are Gaussian
mechanisms, booked by `shared.privacy.accountant`; whatever is computed from them afterwards costs nothing more.

A patient's row is bounded before anything is summed: features are cut to declared ranges, scaled to -1 ... 1, and the
row is shortened where it is longer than declared. So adding or taking away one patient moves gradient and Hessian
together by no more than `products_sensitivity`. The noise of all sites but one suffices for the stated epsilon: a
hospital that tells the coordinator its own share does not spend the others' privacy.

Reference: Dwork, Talwar, Thakurta and Zhang, STOC 2014 (noise on second moments); Wang, UAI 2018 (ridge
regression from noisy sufficient statistics).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.privacy.accountant import Account, multiplier_for
from shared.privacy.noise import sensitivity_on_grid
from shared.sections.privacy import Noise

RELEASES = 2
"""Products, and scores."""


@dataclass(frozen=True)
class Plan:
    """How much noise a study adds.

    Parameters
    ----------
    multiplier : standard deviation of the noise over the sensitivity, in each release
    products, scores : standard deviation of the noise of all sites that are needed, in each release
    honest : how many sites' noise that is
    """

    multiplier: float
    products: float
    scores: float
    honest: int

    @property
    def account(self) -> Account:
        """What both releases spend."""
        return Account().gaussian(self.multiplier, RELEASES)


def longest(noise: Noise) -> float:
    """Longest row of scaled features that counts whole."""
    return noise.length if noise.length is not None else np.sqrt(len(noise.ranges)) / 2


def products_sensitivity(noise: Noise) -> float:
    """L2 norm of what one patient adds to Hessian (upper triangle) and gradient together."""
    square = 1 + longest(noise) ** 2  # of the row with its leading one
    return float(np.sqrt((square / 4) ** 2 + square / 4))


def plan(noise: Noise, sites: int, parts: int, bins: int) -> Plan:
    """Noise that keeps both releases within the study's epsilon and delta.

    Parameters
    ----------
    noise : the study's choice
    sites : that take part
    parts, bins : folds and ranges of scores, whose number bears on the rounding alone
    """
    multiplier, honest = multiplier_for(noise.epsilon, noise.delta, RELEASES), sites - 1
    width = 1 + len(noise.ranges)
    sizes = parts * (width * (width + 1) // 2 + width), 2 * bins
    products, scores = (
        multiplier * sensitivity_on_grid(bound, size, multiplier * bound, honest)
        for bound, size in zip((products_sensitivity(noise), 1.0), sizes, strict=True)
    )
    return Plan(multiplier, products, scores, honest)


def rows(x: Array, noise: Noise) -> Array:
    """Bounded rows of patients.

    Parameters
    ----------
    x : (n, features) in the order of the ranges
    noise : the study's choice

    Returns
    -------
    (n, 1 + features) ones, and features scaled to -1 ... 1
    """
    low, high = (np.array([getattr(limits, end) for limits in noise.ranges]) for end in ("low", "high"))
    scaled = (2 * np.clip(x, low, high) - low - high) / (high - low)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    scaled = scaled * np.minimum(1.0, longest(noise) / np.maximum(length, np.finfo(float).tiny))
    return np.concatenate([np.ones((len(x), 1)), scaled], axis=1)


def products(z: Array, positive: Array, part: Array, parts: int) -> dict[str, Array]:
    """Hessian and gradient of the logistic loss at zero over the patients of each fold, before any noise.

    Parameters
    ----------
    z : (n, p) bounded rows
    positive : (n,) whether a patient is of the positive class
    part : (n,) fold
    parts : number of folds

    Returns
    -------
    curvature (parts, packed) and slope (parts, p)
    """
    curvature = np.stack([pack_symmetric(z[part == fold].T @ z[part == fold] / 4) for fold in range(parts)])
    slope = np.stack([(0.5 - positive[part == fold]) @ z[part == fold] for fold in range(parts)])
    return {"curvature": curvature, "slope": slope}


def models(totals: dict[str, Array], noise: Plan, c: float) -> Array:
    """Coefficients of the final model, and of each fold's, which its own patients are not in.

    Parameters
    ----------
    totals : curvature and slope with their noise, as decoded
    noise : how much is in them
    c : inverse strength of the L2 penalty

    Returns
    -------
    (1 + parts, p) the final one first
    """
    parts = len(totals["slope"])
    curvature, slope = unpack_symmetric(totals["curvature"]), totals["slope"]
    fitted = []
    for left_out in (None, *range(parts)):
        there = [fold for fold in range(parts) if fold != left_out]
        # No curvature is negative: what noise has turned over is set to zero (the nearest such matrix).
        values, vectors = np.linalg.eigh(curvature[there].sum(axis=0))
        p = len(values)
        # The noise bends directions without patients at random; a penalty of its own size holds them down.
        penalty = np.full(p, 1 / c + noise.products * np.sqrt(p * len(there)))
        penalty[0] -= 1 / c
        whole = (vectors * values.clip(0)) @ vectors.T + np.diag(penalty)
        fitted.append(-np.linalg.solve(whole, slope[there].sum(axis=0)))
    return np.array(fitted)


def risks(z: Array, coefficients: Array) -> Array:
    """(n,) predicted risk of the positive class."""
    risk: Array = expit(z @ coefficients)
    return risk
