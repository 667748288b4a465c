"""Features that ComBat harms: skewed or tied, their shifted copies tell the batch to any tree.

ComBat moves and stretches a batch as a whole. Where many patients share one value (a bin with nothing in it,
say) every batch is left with a value of its own in its place, and a rule on two thresholds finds the batch.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Labels, Mask
from harmonization.sums import Sums

SKEWED = 1.0
"""Absolute skewness from which a feature is reported apart."""
TIED = 0.05
"""Share of patients with the same value from which a feature is reported apart."""


@dataclass(frozen=True)
class ShapeSums(Sums):
    """Sums over patients; those of sites add up. All (f,)."""

    count: Array
    """Patients with a value"""
    first: Array
    """Distances from the agreed centre, in agreed deviations"""
    second: Array
    """Their squares"""
    third: Array
    """Their cubes"""
    tied: Array
    """Patients who have the most frequent value of their batch, where two or more do"""


@dataclass(frozen=True)
class Shape:
    """Shape of every feature over all patients. All (f,)."""

    skewness: Array
    """Third moment over the cube of the standard deviation (ddof 0); 0 where nothing varies"""
    tied: Array
    """Share of patients at their batch's most frequent value: at least the share at any one value"""

    @property
    def awkward(self) -> Mask:
        """(f,) features that are skewed or tied."""
        return np.asarray((np.abs(self.skewness) >= SKEWED) | (self.tied >= TIED))


def shape_sums(u: Array, batch: Labels) -> ShapeSums:
    """Sums of one site.

    Parameters
    ----------
    u : (n, f) features about the agreed centre in agreed deviations, NaN where missing
    batch : (n,) labels
    """
    present = ~np.isnan(u)
    distance = np.where(present, u, 0.0)
    tied = np.zeros(u.shape[1])
    for label in np.unique(batch):
        tied += [_most_frequent(column[~np.isnan(column)]) for column in u[batch == label].T]
    return ShapeSums(
        count=present.sum(axis=0).astype(np.float64),
        first=distance.sum(axis=0),
        second=(distance**2).sum(axis=0),
        third=(distance**3).sum(axis=0),
        tied=tied,
    )


def _most_frequent(values: Array) -> float:
    most = int(np.unique(values, return_counts=True)[1].max(initial=0))
    return float(most) if most > 1 else 0.0


def shape(sums: ShapeSums) -> Shape:
    """Moments about the mean, from those about the agreed centre.

    Parameters
    ----------
    sums : over all sites
    """
    n = np.maximum(sums.count, 1)
    m1, m2, m3 = sums.first / n, sums.second / n, sums.third / n
    variance = np.maximum(m2 - m1**2, 0.0)
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    varies = variance > 1e-12 * m2
    skewness = np.where(varies, third / np.where(varies, variance, 1.0) ** 1.5, 0.0)
    return Shape(skewness, sums.tied / n)
