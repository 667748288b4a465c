"""Where a voxel's search begins: the node of a grid whose curves explain most of its signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.maps.acquisition import Array
from client.maps.fitting.compiled import compiled

# Projections of this many voxels on a hundred nodes stay in the second-level cache.
_TILE = 512


@compiled
def _choose(projections: Array, weights: Array, begin: int, end: int, chosen: NDArray[np.int32]) -> None:
    """Best node of each voxel among those from `begin` to before `end`.

    projections : (q, nodes, voxels) inner products of the nodes' curves with the signals
    weights : (5, nodes) inverse of the curves' inner products (00, 01, 11), and one over 00 and 11 alone
    """
    q, _, voxels = projections.shape
    most = np.full(voxels, np.float32(-1))
    chosen[:] = begin
    zero = np.float32(0)
    for node in range(begin, end):
        w0, w1, w2, w3, w4 = weights[0, node], weights[1, node], weights[2, node], weights[3, node], weights[4, node]
        for v in range(voxels):
            u0, u1 = projections[0, node, v], projections[q - 1, node, v]
            a0, a1 = w0 * u0 + w1 * u1, w1 * u0 + w2 * u1
            p0, p1 = max(u0, zero), max(u1, zero)
            alone = max(p0 * p0 * w3, p1 * p1 * w4)
            explained = a0 * u0 + a1 * u1 if a0 >= zero and a1 >= zero else alone
            chosen[v] = node if explained > most[v] else chosen[v]
            most[v] = max(most[v], explained)


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
        again, or there is one group only
        """
        q, nodes, n = self.curves.shape
        chosen = np.full((1 + self.groups, signal.shape[1]), -1, dtype=np.int32)
        size = nodes // self.groups
        for begin in range(0, signal.shape[1], _TILE):
            tile = slice(begin, begin + _TILE)
            projections = self.curves.reshape(-1, n) @ signal[:, tile].astype(np.float32)
            projections = projections.reshape(q, nodes, -1)
            _choose(projections, self.weights, 0, nodes, chosen[0, tile])
            for group in range(self.groups if self.groups > 1 else 0):
                _choose(projections, self.weights, group * size, (group + 1) * size, chosen[1 + group, tile])
        chosen[1:][chosen[1:] == chosen[0]] = -1
        return chosen
