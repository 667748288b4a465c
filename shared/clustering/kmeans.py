"""Federated k-means: Lloyd's algorithm from sums over sites, equal to the one over the pooled voxels.

Every site computes the sums for the same centroids; the totals give the next centroids everywhere. A voxel weighs
one over the number of voxels of its patient, so a patient weighs 1 whatever the size of her tumour.

Reference: Lloyd, IEEE Trans. Inf. Theory 28 (1982) 129.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClusterSums:
    """What a site adds up for given centroids.

    Parameters
    ----------
    weight : (k,) sum of the weights of the voxels nearest to each centroid
    total : (k, d) sum of their weighted vectors
    inertia : weighted sum of squared distances to the nearest centroid
    """

    weight: Array
    total: Array
    inertia: float

    def __add__(self, other: "ClusterSums") -> "ClusterSums":
        """Sums over both."""
        return ClusterSums(self.weight + other.weight, self.total + other.total, self.inertia + other.inertia)


def nearest(vectors: Array, centroids: Array) -> tuple[NDArray[np.intp], Array]:
    """(n,) nearest of (k, d) centroids for (n, d) vectors, and (n,) squared distances; the first of equals."""
    squared = np.stack([((vectors - centroid) ** 2).sum(axis=1) for centroid in centroids], axis=1)
    labels = squared.argmin(axis=1)
    return labels, squared[np.arange(len(vectors)), labels]


def cluster_sums(vectors: Array, weights: Array, centroids: Array) -> ClusterSums:
    """Sums of one site.

    Parameters
    ----------
    vectors : (n, d)
    weights : (n,) of each voxel
    centroids : (k, d)
    """
    labels, squared = nearest(vectors, centroids)
    weight, total = grouped(labels, weights, vectors, len(centroids))
    return ClusterSums(weight, total, float(weights @ squared))


def grouped(labels: NDArray[np.intp], weights: Array, vectors: Array, groups: int) -> tuple[Array, Array]:
    """(groups,) sums of the weights and (groups, d) sums of the weighted vectors of each group."""
    weight = np.bincount(labels, weights, groups).astype(np.float64)
    total = np.stack([np.bincount(labels, weights * column, groups) for column in vectors.T], axis=1)
    return weight, total.astype(np.float64)


def moved(sums: ClusterSums, centroids: Array) -> Array:
    """Next centroids: the means of the totals; a centroid that nothing is near to stays."""
    filled = sums.weight > 0
    means = sums.total / np.where(filled, sums.weight, 1)[:, None]
    return np.where(filled[:, None], means, centroids)


def calinski_harabasz(sums: ClusterSums, centroids: Array, voxels: float) -> float:
    """Variance between clusters over variance within; the larger, the better separated.

    Parameters
    ----------
    sums : totals over all sites for `centroids`
    centroids : (k, d) that divided the voxels, whether or not they are the means of what they are nearest to
    voxels : number of voxels at all sites

    Reference: Calinski & Harabasz, Commun. Stat. 3 (1974) 1.
    """
    k = len(centroids)
    means = moved(sums, centroids)
    middle = sums.weight @ means / sums.weight.sum()
    between = sums.weight @ ((means - middle) ** 2).sum(axis=1)
    within = sums.inertia - sums.weight @ ((means - centroids) ** 2).sum(axis=1)
    return float(between / (k - 1) / (within / (voxels - k)))
