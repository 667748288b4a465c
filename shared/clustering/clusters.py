"""Clusters that all sites share, and how they are found from sums.

Every exchange asks the sites for sums; the totals so far say what the next one asks, so that sites and coordinator
follow the same search without any of them steering it:

1. moments, which scale the maps;
2. sums over cells, from whose means k-means begins (`shared.clustering.start`);
3. on: sums of the clusters, for every number of clusters that the study tries at once, until nothing moves any more
   or the rounds are over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Arrays
from shared.clustering.gaussian_mixture import (
    Mixture,
    MixtureSums,
    bic,
    expectation,
    from_clusters,
    log_densities,
    maximization,
    responsibilities,
)
from shared.clustering.kmeans import ClusterSums, calinski_harabasz, cluster_sums, moved, nearest
from shared.clustering.start import Moments, start
from shared.sections.radiomics import Habitats

Array = NDArray[np.float64]
State = Array | Mixture
"""Centroids, or the mixture that follows from them."""


@dataclass(frozen=True)
class Clusters:
    """Clusters of voxel vectors, by ascending mean of the first map.

    Parameters
    ----------
    mean, scale : (d,) of each map over all sites, by which vectors are scaled
    centroids : (k, d) scaled means
    mixture : where the clusters are components of a Gaussian mixture, that mixture in the same order
    """

    mean: Array
    scale: Array
    centroids: Array
    mixture: Mixture | None = None

    @classmethod
    def of(cls, moments: Moments, state: State) -> "Clusters":
        """Clusters of k-means or of a mixture, numbered."""
        scaling = moments.mean, moments.standard_deviation
        if isinstance(state, Mixture):
            order = _order(state.means)
            ordered = Mixture(state.weights[order], state.means[order], state.covariances[order])
            return cls(*scaling, ordered.means, ordered)
        return cls(*scaling, state[_order(state)])

    @property
    def count(self) -> int:
        """Number of clusters."""
        return len(self.centroids)

    @property
    def means(self) -> Array:
        """(k, d) centroids in the maps' units."""
        return self.centroids * self.scale + self.mean

    def label(self, vectors: Array) -> NDArray[np.intp]:
        """(n,) cluster of each of (n, d) vectors in the maps' units, from 1."""
        scaled = (vectors - self.mean) / self.scale
        if self.mixture is None:
            return np.asarray(1 + nearest(scaled, self.centroids)[0])
        return np.asarray(1 + log_densities(scaled, self.mixture).argmax(axis=1))

    def arrays(self) -> dict[str, Array]:
        """All numbers, by name: what decides a voxel's habitat, and nothing else."""
        arrays = {"mean": self.mean, "scale": self.scale, "centroids": self.centroids}
        return (
            arrays
            if self.mixture is None
            else arrays | {f"mixture_{n}": values for n, values in vars(self.mixture).items()}
        )


@dataclass(frozen=True)
class Search:
    """State of the search for clusters.

    Parameters
    ----------
    habitats : the study's section
    moments : totals that scale the maps
    states : where each number of clusters stands
    rounds : how many exchanges of cluster sums were made
    at_rest : nothing moved in the last one
    merits : of the states before the last round, larger is better; empty before it
    """

    habitats: Habitats
    moments: Moments
    states: tuple[State, ...]
    rounds: int = 0
    at_rest: bool = False
    merits: tuple[float, ...] = ()

    @classmethod
    def begin(cls, habitats: Habitats, moments: Moments, cells: Arrays) -> "Search":
        """Start from the totals over cells: `cell_weight` and `cell_total`.

        Raises
        ------
        MrfedError where the voxels of all sites differ too little for the number of clusters.
        """
        states = [start(cells["cell_weight"], cells["cell_total"], k, habitats.seed) for k in habitats.clusters]
        return cls(habitats, moments, tuple(states))

    @property
    def finished(self) -> bool:
        """Whether no further exchange is needed."""
        return self.at_rest or self.rounds >= self.habitats.iterations

    def sums(self, vectors: Array, weights: Array) -> dict[str, Array]:
        """A site's sums for the next exchange, one entry for each number of clusters, padded to the largest.

        Parameters
        ----------
        vectors : (n, d) of the site's voxels, in the maps' units; none where the site is left out
        weights : (n,) one over the voxels of the same patient
        """
        k, d = max(self.habitats.clusters), vectors.shape[1]
        mixed = int(self.habitats.model == "gaussian_mixture")
        sums = {
            "weight": np.zeros((len(self.states), k)),
            "first": np.zeros((len(self.states), k, d)),
            "second": np.zeros((mixed, len(self.states), k, d, d)),
            "merit": np.zeros(len(self.states)),
        }
        if not len(vectors):
            return sums
        scaled = self.moments.scaled(vectors)
        for candidate, (count, state) in enumerate(zip(self.habitats.clusters, self.states, strict=True)):
            if not mixed:
                assert isinstance(state, np.ndarray)
                own = cluster_sums(scaled, weights, state)
                sums["weight"][candidate, :count], sums["first"][candidate, :count] = own.weight, own.total
                sums["merit"][candidate] = own.inertia
                continue
            soft = (
                expectation(scaled, weights, state)
                if isinstance(state, Mixture)
                else from_clusters(scaled, weights, state)
            )
            sums["weight"][candidate, :count], sums["first"][candidate, :count] = soft.responsibility, soft.first
            sums["second"][0, candidate, :count] = soft.second
            sums["merit"][candidate] = soft.log_likelihood
        return sums

    def belonging(self, vectors: Array) -> list[Array]:
        """For each number of clusters, (n, k) the share with which a voxel enters the sums of each cluster."""
        scaled = self.moments.scaled(vectors)
        return [
            responsibilities(scaled, state)
            if isinstance(state, Mixture)
            else np.eye(len(state))[nearest(scaled, state)[0]]
            for state in self.states
        ]

    def following(self, totals: Arrays) -> "Search":
        """The search after the totals of the next exchange.

        Parameters
        ----------
        totals : over all sites of `sums`
        """
        states: list[State] = []
        merits: list[float] = []
        for candidate, (count, state) in enumerate(zip(self.habitats.clusters, self.states, strict=True)):
            weight, first = totals["weight"][candidate, :count], totals["first"][candidate, :count]
            merit = float(totals["merit"][candidate])
            if self.habitats.model == "kmeans":
                assert isinstance(state, np.ndarray)
                sums = ClusterSums(weight, first, merit)
                merits.append(calinski_harabasz(sums, state, self.moments.voxels))
                states.append(moved(sums, state))
            else:
                states.append(maximization(MixtureSums(weight, first, totals["second"][0, candidate, :count], merit)))
                # The first round divides the voxels among centroids and has no likelihood yet.
                likely = -bic(merit, state, self.moments.weight) if isinstance(state, Mixture) else -np.inf
                merits.append(likely)
        at_rest = all(_same(*before_and_after) for before_and_after in zip(self.states, states, strict=True))
        return Search(self.habitats, self.moments, tuple(states), self.rounds + 1, at_rest, tuple(merits))

    @cached_property
    def preferred(self) -> int:
        """Index of the number of clusters that the criterion prefers."""
        return int(np.argmax(self.merits))

    def order(self, candidate: int) -> NDArray[np.intp]:
        """(k,) places of the numbered clusters among those of the sums."""
        state = self.states[candidate]
        return _order(state.means if isinstance(state, Mixture) else state)

    def clusters(self, candidate: int) -> Clusters:
        """The clusters for one number of clusters."""
        return Clusters.of(self.moments, self.states[candidate])


def moments_of(totals: Arrays) -> Moments:
    """Moments from the totals of the first exchange."""
    return Moments(float(totals["weight"]), totals["first"], totals["second"], float(totals["voxels"]))


def search_of(habitats: Habitats, moments: Arrays, cells: Arrays, rounds: Sequence[Arrays]) -> Search:
    """The search after all totals so far."""
    search = Search.begin(habitats, moments_of(moments), cells)
    for totals in rounds:
        search = search.following(totals)
    return search


def _order(centroids: Array) -> NDArray[np.intp]:
    """By ascending mean of the first map."""
    return np.argsort(centroids[:, 0], kind="stable")


def _same(before: State, now: State) -> bool:
    return isinstance(before, np.ndarray) and isinstance(now, np.ndarray) and np.array_equal(before, now)
