"""Starting centroids of clusters from sums alone: no single voxel is ever a centroid.

Two exchanges. The first adds up moments, which scale the maps and give the principal axes. The second adds up the
voxels in cells between quantiles of the two leading axes; the means of the cells stand for the voxels. k-means of
them, begun many times by k-means++ with a shared seed, ends the same at every site; the tightest end is the start. One
beginning would not do: a few voxels in another cell (another processor rounds otherwise) draw other beginnings, which
end elsewhere, and the rounds over the voxels may be too few to come back.

Reference: Arthur & Vassilvitskii, SODA 2007, 1027.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from shared.clustering.kmeans import cluster_sums, grouped, moved
from shared.errors import Code, MrfedError

Array = NDArray[np.float64]

CELLS = (8, 4)
"""Cells along the first and the second principal axis."""
_ROUNDS = 100
_BEGINNINGS = 50
_EQUAL = 1e-9
"""Relative difference of two ends under which neither is tighter."""


@dataclass(frozen=True)
class Moments:
    """Weighted moments of voxel vectors, in the maps' units.

    Parameters
    ----------
    weight : sum of the weights
    first : (d,) sum of the vectors
    second : (d, d) sum of their outer products
    voxels : number of voxels
    """

    weight: float
    first: Array
    second: Array
    voxels: float

    def __add__(self, other: "Moments") -> "Moments":
        """Moments of both."""
        return Moments(
            self.weight + other.weight,
            self.first + other.first,
            self.second + other.second,
            self.voxels + other.voxels,
        )

    @classmethod
    def of(cls, vectors: Array, weights: Array) -> "Moments":
        """Moments of (n, d) vectors with (n,) weights."""
        weighted = weights[:, None] * vectors
        return cls(float(weights.sum()), weighted.sum(axis=0), weighted.T @ vectors, float(len(vectors)))

    @property
    def mean(self) -> Array:
        """(d,) mean of each map."""
        return self.first / self.weight

    @property
    def covariance(self) -> Array:
        """(d, d) covariance of the maps."""
        return self.second / self.weight - np.outer(self.mean, self.mean)

    @property
    def standard_deviation(self) -> Array:
        """(d,) spread of each map; 1 for a map that does not vary."""
        variance = np.diag(self.covariance)
        varies = variance > 1e-12 * np.diag(self.second) / self.weight
        return np.where(varies, np.sqrt(np.where(varies, variance, 1)), 1)

    def scaled(self, vectors: Array) -> Array:
        """(n, d) vectors with mean 0 and spread 1 over all sites."""
        return (vectors - self.mean) / self.standard_deviation


def principal_axes(moments: Moments) -> tuple[Array, Array]:
    """(d, axes) leading axes of the scaled vectors, of fixed sign, and (axes,) their spreads."""
    spread = moments.standard_deviation
    values, axes = np.linalg.eigh(moments.covariance / np.outer(spread, spread))
    leading = axes[:, ::-1][:, : len(CELLS)]
    leading = leading * np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    return leading, np.sqrt(np.maximum(values[::-1][: len(CELLS)], 1e-12))


def cell_sums(vectors: Array, weights: Array, moments: Moments) -> tuple[Array, Array]:
    """Sums over the cells of one site.

    Parameters
    ----------
    vectors : (n, d) in the maps' units
    weights : (n,)
    moments : totals over all sites

    Returns
    -------
    (cells,) weight and (cells, d) sum of the scaled vectors
    """
    cell = cell_of(vectors, moments)
    return grouped(cell, weights, moments.scaled(vectors), cell_count(vectors.shape[1]))


def cell_of(vectors: Array, moments: Moments) -> NDArray[np.intp]:
    """(n,) cell of each of (n, d) vectors in the maps' units."""
    axes, spread = principal_axes(moments)
    cell = np.zeros(len(vectors), np.intp)
    for along, count in zip((moments.scaled(vectors) @ axes / spread).T, CELLS, strict=False):
        cell = cell * count + np.searchsorted(ndtri(np.arange(1, count) / count), along)
    return cell


def cell_count(maps: int) -> int:
    """Number of cells over so many maps."""
    return int(np.prod(CELLS[:maps]))


def start(weight: Array, total: Array, k: int, seed: int) -> Array:
    """(k, d) start: the tightest of many k-means of the cells' means, in the order of their first coordinate.

    Parameters
    ----------
    weight, total : totals over all sites of `cell_sums`
    k : number of clusters
    seed : shared by all

    Raises
    ------
    MrfedError where the voxels of all sites lie in fewer than k cells.
    """
    filled = weight > 0
    points, weights = total[filled] / weight[filled, None], weight[filled]
    if len(points) < k:
        raise MrfedError(
            Code.NOT_CONVERGED,
            f"the voxels of all sites differ too little for {k} habitats; ask for {len(points)} or fewer",
        )
    rng, best, least = np.random.default_rng(seed), points[:k], np.inf
    for _ in range(_BEGINNINGS):
        centroids = _settled(points, weights, _spread(points, weights, k, rng))
        inertia = cluster_sums(points, weights, centroids).inertia
        if inertia < least * (1 - _EQUAL):
            best, least = centroids, inertia
    return best[np.lexsort(best.T[::-1])]  # one order at every site, whichever beginning was the first to end there


def _spread(points: Array, weights: Array, k: int, rng: np.random.Generator) -> Array:
    """(k, d) of the points, drawn far from each other: k-means++."""
    centroids: Array = points[rng.choice(len(points), p=weights / weights.sum())][None]
    while len(centroids) < k:
        squared = ((points[:, None] - centroids) ** 2).sum(axis=2).min(axis=1)
        chance = weights * squared
        centroids = np.vstack([centroids, points[rng.choice(len(points), p=chance / chance.sum())]])
    return centroids


def _settled(points: Array, weights: Array, centroids: Array) -> Array:
    """(k, d) where Lloyd's algorithm ends."""
    for _ in range(_ROUNDS):
        following = moved(cluster_sums(points, weights, centroids), centroids)
        if np.array_equal(following, centroids):
            break
        centroids = following
    return centroids
