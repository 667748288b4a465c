"""Where a voxel's search begins: the node of a grid whose curves explain most of its signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import compiled

# Projections of this many voxels on a hundred nodes stay in the second-level cache.
_TILE = 512


@compiled
def _choose(projections: Array, weights: Array, groups: int, chosen: NDArray[np.int32]) -> None:
    """Best node of each voxel of all (first row), and in each group of nodes (the others).

    projections : (q, nodes, voxels) inner products of the nodes' curves with the signals
    weights : (5, nodes) inverse of the curves' inner products (00, 01, 11), and one over 00 and 11 alone
    """
    q, nodes, voxels = projections.shape
    most, best, leader = np.empty(voxels, np.float32), np.empty(voxels, np.int32), np.empty(voxels, np.float32)
    zero = np.float32(0)
    for v in range(voxels):
        leader[v] = np.float32(-1)
    for node in range(nodes):
        group, first = divmod(node, nodes // groups)
        if first == 0:
            for v in range(voxels):
                most[v] = np.float32(-1)
                best[v] = node
        w0, w1, w2, w3, w4 = weights[0, node], weights[1, node], weights[2, node], weights[3, node], weights[4, node]
        for v in range(voxels):
            u0, u1 = projections[0, node, v], projections[q - 1, node, v]
            a0, a1 = w0 * u0 + w1 * u1, w1 * u0 + w2 * u1
            p0, p1 = max(u0, zero), max(u1, zero)
            alone = max(p0 * p0 * w3, p1 * p1 * w4)
            explained = a0 * u0 + a1 * u1 if a0 >= zero and a1 >= zero else alone
            best[v] = node if explained > most[v] else best[v]
            most[v] = max(most[v], explained)
        if first + 1 == nodes // groups:
            for v in range(voxels):
                chosen[1 + group, v] = best[v]
                chosen[0, v] = best[v] if most[v] > leader[v] else chosen[0, v]
                leader[v] = max(leader[v], most[v])


@dataclass(frozen=True)
class StartGrid:
    """Curves (q, nodes, n) at the nodes of a grid, their inverse inner products (5, nodes), and the nodes' groups."""

    curves: Array
    weights: Array
    groups: int

    @classmethod
    def of(cls, node_curves: Array, groups: int) -> "StartGrid":
        """Prepare a grid from its (nodes, q, n) curves; `groups` are consecutive parts of equal size."""
        gram = np.einsum("kqn,krn->kqr", node_curves, node_curves)
        inverse = np.linalg.pinv(gram)
        weights = np.zeros((5, len(node_curves)), dtype=np.float32)
        weights[0], weights[3] = inverse[:, 0, 0], 1 / gram[:, 0, 0]
        if node_curves.shape[1] == 2:
            weights[1], weights[2], weights[4] = inverse[:, 0, 1], inverse[:, 1, 1], 1 / gram[:, 1, 1]
        return cls(np.ascontiguousarray(node_curves.swapaxes(0, 1), dtype=np.float32), weights, groups)

    def best(self, signal: Array) -> NDArray[np.int32]:
        """Nodes from which each voxel's search begins.

        Parameters
        ----------
        signal : (n, voxels)

        Returns
        -------
        (1 + groups, voxels): the best node of all, then the best one of each group; -1 where that is the first
        again
        """
        q, nodes, n = self.curves.shape
        chosen = np.zeros((1 + self.groups, signal.shape[1]), dtype=np.int32)
        for begin in range(0, signal.shape[1], _TILE):
            tile = slice(begin, begin + _TILE)
            projections = self.curves.reshape(-1, n) @ signal[:, tile].astype(np.float32)
            _choose(projections.reshape(q, nodes, -1), self.weights, self.groups, chosen[:, tile])
        chosen[1:][chosen[1:] == chosen[0]] = -1
        return chosen
