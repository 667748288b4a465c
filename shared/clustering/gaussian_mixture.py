"""Federated Gaussian mixtures: expectation at the sites, maximization from the totals, equal to pooled EM.

Reference: Dempster, Laird & Rubin, J. R. Stat. Soc. B 39 (1977) 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from shared.clustering.kmeans import nearest
from shared.errors import Code, MrfedError

Array = NDArray[np.float64]

REGULARIZATION = 1e-6
"""Added to the variances, so that a component never collapses onto a point."""


@dataclass(frozen=True)
class Mixture:
    """Components with full covariances.

    Parameters
    ----------
    weights : (k,) shares, summing to 1
    means : (k, d)
    covariances : (k, d, d)
    """

    weights: Array
    means: Array
    covariances: Array

    @property
    def parameters(self) -> int:
        """Number of free parameters."""
        k, d = self.means.shape
        return int(k - 1 + k * d + k * d * (d + 1) // 2)


@dataclass(frozen=True)
class MixtureSums:
    """What a site adds up for a given mixture.

    Parameters
    ----------
    responsibility : (k,) weighted sum of each component's responsibilities
    first : (k, d) of the vectors under them
    second : (k, d, d) of their outer products
    log_likelihood : weighted
    """

    responsibility: Array
    first: Array
    second: Array
    log_likelihood: float

    def __add__(self, other: "MixtureSums") -> "MixtureSums":
        """Sums over both."""
        return MixtureSums(
            self.responsibility + other.responsibility,
            self.first + other.first,
            self.second + other.second,
            self.log_likelihood + other.log_likelihood,
        )


def log_densities(vectors: Array, mixture: Mixture) -> Array:
    """(n, k) logarithm of share times density of each component at (n, d) vectors."""
    d = vectors.shape[1]
    columns = []
    for share, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances, strict=True):
        triangle = np.linalg.cholesky(covariance)
        distance = (solve_triangular(triangle, (vectors - mean).T, lower=True) ** 2).sum(axis=0)
        volume = 2 * np.log(np.diag(triangle)).sum() + d * np.log(2 * np.pi)
        columns.append(np.log(share) - 0.5 * (distance + volume))
    return np.stack(columns, axis=1)


def expectation(vectors: Array, weights: Array, mixture: Mixture) -> MixtureSums:
    """Sums of one site.

    Parameters
    ----------
    vectors : (n, d), scaled
    weights : (n,) of each voxel
    mixture : the current one
    """
    densities = log_densities(vectors, mixture)
    evidence = logsumexp(densities, axis=1)
    responsibility = weights[:, None] * np.exp(densities - evidence[:, None])
    return _sums(vectors, responsibility, float(weights @ evidence))


def responsibilities(vectors: Array, mixture: Mixture) -> Array:
    """(n, k) chance of each component, given each of (n, d) scaled vectors."""
    densities = log_densities(vectors, mixture)
    return np.asarray(np.exp(densities - logsumexp(densities, axis=1)[:, None]))


def from_clusters(vectors: Array, weights: Array, centroids: Array) -> MixtureSums:
    """Sums of one site for a start: every voxel belongs wholly to its nearest centroid."""
    labels, _ = nearest(vectors, centroids)
    return _sums(vectors, weights[:, None] * np.eye(len(centroids))[labels], 0.0)


def _sums(vectors: Array, responsibility: Array, log_likelihood: float) -> MixtureSums:
    second = np.stack([(vectors * column[:, None]).T @ vectors for column in responsibility.T])
    return MixtureSums(responsibility.sum(axis=0), responsibility.T @ vectors, second, log_likelihood)


def maximization(sums: MixtureSums) -> Mixture:
    """Next mixture from the totals over all sites.

    Raises
    ------
    MrfedError where a component has no voxel left.
    """
    if (sums.responsibility <= 0).any():
        raise MrfedError(Code.NOT_CONVERGED, "a component of the mixture is empty; ask for fewer habitats")
    means = sums.first / sums.responsibility[:, None]
    spread = sums.second / sums.responsibility[:, None, None] - means[:, :, None] * means[:, None, :]
    covariances = spread + REGULARIZATION * np.eye(means.shape[1])
    return Mixture(sums.responsibility / sums.responsibility.sum(), means, covariances)


def bic(log_likelihood: float, mixture: Mixture, observations: float) -> float:
    """Bayesian information criterion; the smaller, the better.

    Parameters
    ----------
    log_likelihood : total over all sites
    mixture : the one that it belongs to
    observations : sum of all weights

    Reference: Schwarz, Ann. Stat. 6 (1978) 461.
    """
    return float(mixture.parameters * np.log(observations) - 2 * log_likelihood)
