"""The clusters that all sites share, and the exchanges that find them.

Every exchange asks the sites for sums; the totals of all exchanges so far say what the next one asks, so that sites
and coordinator follow the same course without any of them steering it:

1. moments, which scale the maps;
2. sums over cells, from whose means k-means begins (`shared.cluster_start`);
3. on: sums of the clusters, for every number of clusters that the study tries at once, until nothing moves any more
   or the rounds are over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Arrays
from shared.cluster_start import Moments, cell_sums, start
from shared.gaussian_mixture import Mixture, MixtureSums, bic, expectation, from_clusters, log_densities, maximisation
from shared.kmeans import ClusterSums, calinski_harabasz, cluster_sums, moved, nearest
from shared.sections.radiomics import Habitats

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """Clusters of voxel vectors, by ascending mean of the first map.

    Parameters
    ----------
    moments : totals that scale the maps
    centroids : (k, d) scaled means
    mixture : where the clusters are components of a Gaussian mixture, that mixture in the same order
    """

    moments: Moments
    centroids: Array
    mixture: Mixture | None = None

    @classmethod
    def of(cls, moments: Moments, found: "Array | Mixture") -> "Clusters":
        """Clusters of k-means or of a mixture, numbered."""
        if isinstance(found, Mixture):
            order = np.argsort(found.means[:, 0], kind="stable")
            ordered = Mixture(found.weights[order], found.means[order], found.covariances[order])
            return cls(moments, ordered.means, ordered)
        return cls(moments, found[np.argsort(found[:, 0], kind="stable")])

    @property
    def count(self) -> int:
        """Number of clusters."""
        return len(self.centroids)

    def label(self, vectors: Array) -> NDArray[np.intp]:
        """(n,) cluster of each of (n, d) vectors in the maps' units, from 1."""
        scaled = self.moments.scaled(vectors)
        if self.mixture is None:
            return np.asarray(1 + nearest(scaled, self.centroids)[0])
        return np.asarray(1 + log_densities(scaled, self.mixture).argmax(axis=1))


def answer(habitats: Habitats, vectors: Array, weights: Array, totals: Sequence[Arrays]) -> dict[str, Array]:
    """A site's sums for the next exchange.

    Parameters
    ----------
    habitats : the study's section
    vectors : (n, d) of the site's voxels, in the maps' units
    weights : (n,) one over the voxels of the same patient
    totals : of the exchanges before

    Returns
    -------
    First moments, then cells; from then on one entry for each number of clusters, padded with zeros to the largest.
    """
    if not totals:
        own = Moments.of(vectors, weights)
        return {
            "weight": np.array(own.weight),
            "first": own.first,
            "second": own.second,
            "voxels": np.array(own.voxels),
        }
    moments = _moments(totals[0])
    if len(totals) == 1:
        cell_weight, cell_total = cell_sums(vectors, weights, moments)
        return {"cell_weight": cell_weight, "cell_total": cell_total}
    scaled = moments.scaled(vectors)
    largest = max(habitats.clusters)
    each = [_sums(habitats, scaled, weights, course[-1], largest) for course in _courses(habitats, totals)]
    return {name: np.stack([one[name] for one in each]) for name in each[0]}


def finished(habitats: Habitats, totals: Sequence[Arrays]) -> bool:
    """Whether no further exchange is needed."""
    rounds = len(totals) - 2
    if rounds >= habitats.iterations:
        return True
    return rounds > 0 and all(_at_rest(course) for course in _courses(habitats, totals))


def conclude(habitats: Habitats, totals: Sequence[Arrays]) -> Clusters:
    """The clusters that the exchanges found, of the number that the criterion prefers."""
    moments = _moments(totals[0])
    courses = _courses(habitats, totals)
    merits = [
        _merit(_of_candidate(totals[-1], candidate, k), course[-2], moments)
        for candidate, (k, course) in enumerate(zip(habitats.clusters, courses, strict=True))
    ]
    return Clusters.of(moments, courses[int(np.argmax(merits))][-1])


State = Array | Mixture
"""Centroids, or the mixture that follows from them."""


def _moments(totals: Arrays) -> Moments:
    return Moments(float(totals["weight"]), totals["first"], totals["second"], float(totals["voxels"]))


def _courses(habitats: Habitats, totals: Sequence[Arrays]) -> list[list[State]]:
    """For each number of clusters the start and what followed from every exchange so far."""
    courses = []
    for candidate, k in enumerate(habitats.clusters):
        state: State = start(totals[1]["cell_weight"], totals[1]["cell_total"], k, habitats.seed)
        course = [state]
        for exchange in totals[2:]:
            state = _following(_of_candidate(exchange, candidate, k), state)
            course.append(state)
        courses.append(course)
    return courses


def _sums(habitats: Habitats, scaled: Array, weights: Array, state: State, largest: int) -> dict[str, Array]:
    """One site's sums for one number of clusters, padded with zeros."""
    sums: ClusterSums | MixtureSums
    if isinstance(state, Mixture):
        sums = expectation(scaled, weights, state)
    elif habitats.model == "kmeans":
        sums = cluster_sums(scaled, weights, state)
    else:
        sums = from_clusters(scaled, weights, state)
    padded = {}
    for name, one in vars(sums).items():
        array = np.asarray(one, np.float64)
        missing = largest - len(array) if array.ndim else 0
        padded[name] = np.pad(array, [(0, missing)] + [(0, 0)] * (array.ndim - 1)) if missing else array
    return padded


def _of_candidate(exchange: Arrays, candidate: int, k: int) -> ClusterSums | MixtureSums:
    """Totals of one number of clusters, without padding."""
    one = {name: array[candidate] for name, array in exchange.items()}
    if "inertia" in one:
        return ClusterSums(one["weight"][:k], one["total"][:k], float(one["inertia"]))
    return MixtureSums(one["responsibility"][:k], one["first"][:k], one["second"][:k], float(one["log_likelihood"]))


def _following(sums: ClusterSums | MixtureSums, state: State) -> State:
    if isinstance(sums, ClusterSums):
        assert isinstance(state, np.ndarray)
        return moved(sums, state)
    return maximisation(sums)


def _at_rest(course: list[State]) -> bool:
    before, now = course[-2:]
    return isinstance(before, np.ndarray) and isinstance(now, np.ndarray) and np.array_equal(before, now)


def _merit(sums: ClusterSums | MixtureSums, state: State, moments: Moments) -> float:
    """Larger is better; of the clusters that `state` made."""
    if isinstance(sums, ClusterSums):
        assert isinstance(state, np.ndarray)
        return calinski_harabasz(sums, state, moments.voxels)
    assert isinstance(state, Mixture)
    return -bic(sums.log_likelihood, state, moments.weight)
