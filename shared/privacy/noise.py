"""Noise for differential privacy, added by every site under its mask, so that nobody sees a sum without it.

Noise in floating point gives itself away in the last digits; here values are rounded to a grid and whole numbers of
grid steps are added, drawn exactly from the discrete Gaussian. The sum of the sites' noises is not exactly a discrete
Gaussian, but with a standard deviation of a million grid steps the difference is beyond any number
(Kairouz, Liu and Steinke, The distributed discrete Gaussian mechanism, ICML 2021, theorem 1).
"""

import math
from random import Random, SystemRandom

import numpy as np

from shared.arrays import Array

STEPS = 2**20
"""Least number of grid steps in one standard deviation of a site's share of the noise."""


def grid_step(deviation: float, sites: int) -> float:
    """Step of the grid, a power of two, so that sums of its multiples are exact.

    Parameters
    ----------
    deviation : standard deviation of the noise of all sites together
    sites : how many sites share it
    """
    return 2.0 ** math.floor(math.log2(deviation / math.sqrt(sites) / STEPS))


def sensitivity_on_grid(sensitivity: float, size: int, deviation: float, sites: int) -> float:
    """L2 sensitivity after rounding, by which the account divides.

    Parameters
    ----------
    sensitivity : how far one patient, added or taken away, moves the unrounded values
    size : how many values
    deviation, sites : as in `noisy`
    """
    return sensitivity + math.sqrt(size) * grid_step(deviation, sites)


def noisy(values: Array, deviation: float, sites: int, random: Random | None = None) -> Array:
    """Round to the grid and add this site's share of the noise.

    Parameters
    ----------
    values : any shape; one patient's influence on all of them together is bounded by the caller
    deviation : standard deviation of the noise of all sites together
    sites : how many sites share it; where some of them may collude, the number of the others
    random : source of randomness; that of the operating system where none is given

    Returns
    -------
    whole multiples of `grid_step`
    """
    step = grid_step(deviation, sites)
    sigma = math.ceil(deviation / math.sqrt(sites) / step)
    drawn = discrete_gaussian(sigma, values.size, random or SystemRandom())
    noised: Array = (np.rint(values / step) + drawn.reshape(values.shape)) * step
    return noised


def discrete_gaussian(sigma: int, count: int, random: Random) -> Array:
    """Draw exactly from the discrete Gaussian on the whole numbers, P(x) proportional to exp(-x^2 / (2 sigma^2)).

    Parameters
    ----------
    sigma : at least 1
    count : how many
    random : source of random whole numbers

    Returns
    -------
    (count,) as float64, which holds them exactly

    Reference: Canonne, Kamath and Steinke, NeurIPS 2020, algorithms 1 to 3.
    """
    return np.array([_gaussian(sigma, random) for _ in range(count)], dtype=np.float64)


def _gaussian(sigma: int, random: Random) -> int:
    scale = sigma + 1
    while True:
        drawn = _laplace(scale, random)
        # exp(-(|y| - sigma^2 / t)^2 / (2 sigma^2)), over a common denominator
        numerator = (abs(drawn) * scale - sigma**2) ** 2
        if _bernoulli_exp(numerator, 2 * sigma**2 * scale**2, random):
            return drawn


def _laplace(scale: int, random: Random) -> int:
    """Discrete Laplace, P(x) proportional to exp(-|x| / scale)."""
    while True:
        within = random.randrange(scale)
        if not _bernoulli_exp(within, scale, random):
            continue
        beyond = 0
        while _bernoulli_exp(1, 1, random):
            beyond += 1
        magnitude = within + scale * beyond
        negative = random.getrandbits(1)
        if not (negative and magnitude == 0):
            return -magnitude if negative else magnitude


def _bernoulli_exp(numerator: int, denominator: int, random: Random) -> bool:
    """True with probability exp(-numerator / denominator), in whole numbers alone."""
    while numerator > denominator:
        if not _bernoulli_exp(denominator, denominator, random):
            return False
        numerator -= denominator
    k = 1
    while random.randrange(denominator * k) < numerator:
        k += 1
    return k % 2 == 1
