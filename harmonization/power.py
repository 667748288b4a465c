"""Power transforms that bring skewed features closer to a normal distribution before ComBat, with powers learned from
sums.

Yeo and Johnson's family covers negative values; the power of each feature is the one of a grid at which the
transformed values are likeliest normal, and that likelihood needs three sums. Ties stay ties.

Reference: Yeo and Johnson, Biometrika 87 (2000) 954, equations 2.1 and 3.1.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array
from harmonization.sums import Sums

GRID: Array = np.linspace(-2.0, 4.0, 61)
"""Powers tried; 1 leaves a feature as it is."""


@dataclass(frozen=True)
class PowerSums(Sums):
    """Sums over patients for every power of the grid; those of sites add up."""

    count: Array
    """(f,) patients with a value"""
    first: Array
    """(powers, f) transformed values"""
    second: Array
    """(powers, f) their squares"""
    bend: Array
    """(f,) sign(u) log(|u| + 1), the Jacobian's part"""


def yeo_johnson(u: Array, power: Array | float) -> Array:
    """Transform features.

    Parameters
    ----------
    u : (n, f) about an agreed centre, in agreed deviations
    power : (f,) or one for all

    Returns
    -------
    (n, f), increasing in u
    """
    power = np.broadcast_to(np.asarray(power, dtype=np.float64), u.shape[-1:])
    size = np.log1p(np.abs(u))
    exponent = np.where(u >= 0, power, 2 - power)
    straight = np.abs(exponent) < 1e-12
    bent = np.expm1(exponent * size) / np.where(straight, 1.0, exponent)
    return np.asarray(np.sign(u) * np.where(straight, size, bent))


def power_sums(u: Array) -> PowerSums:
    """Sums of one site.

    Parameters
    ----------
    u : (n, f) features about an agreed centre in agreed deviations, NaN where missing
    """
    first, second = np.empty((len(GRID), u.shape[1])), np.empty((len(GRID), u.shape[1]))
    for index, power in enumerate(GRID):
        transformed = yeo_johnson(u, float(power))
        first[index], second[index] = np.nansum(transformed, axis=0), np.nansum(transformed**2, axis=0)
    bend = np.nansum(np.sign(u) * np.log1p(np.abs(u)), axis=0)
    return PowerSums((~np.isnan(u)).sum(axis=0).astype(np.float64), first, second, bend)


def likeliest(sums: PowerSums) -> Array:
    """Choose the power of every feature.

    Parameters
    ----------
    sums : over all sites

    Returns
    -------
    (f,) powers of the grid; 1 where nothing varies
    """
    n = np.maximum(sums.count, 1)
    variance = sums.second / n - (sums.first / n) ** 2
    varies = (variance > 1e-12 * sums.second / n).all(axis=0)
    log_likelihood = -0.5 * n * np.log(np.where(varies, variance, 1.0)) + (GRID[:, None] - 1) * sums.bend
    return np.where(varies, GRID[log_likelihood.argmax(axis=0)], 1.0)
