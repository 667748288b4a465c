"""Trees on features in bins, and many of them as one vector of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from shared.arrays import Array

_HEADER = 5


@dataclass(frozen=True)
class Tree:
    """A complete binary tree; the children of node i are 2 i + 1 and 2 i + 2.

    Attributes
    ----------
    feature : (nodes,) that splits the node; -1 at a leaf
    bin : (nodes,) last bin that goes to the left
    value : (nodes,) what the node adds to the log-odds, where a patient ends there
    """

    feature: Array
    bin: Array
    value: Array

    @classmethod
    def stump(cls, depth: int, value: float) -> "Tree":
        """A root without splits."""
        nodes = 2 ** (depth + 1) - 1
        values = np.zeros(nodes)
        values[0] = value
        return cls(np.full(nodes, -1), np.zeros(nodes, dtype=np.int64), values)

    def ends(self, binned: Array) -> Array:
        """(patients,) node at which each patient ends."""
        node = np.zeros(len(binned), dtype=np.int64)
        while (moving := self.feature[node] >= 0).any():
            parent = node[moving]
            right = binned[moving, self.feature[parent]] > self.bin[parent]
            node[moving] = 2 * parent + 1 + right
        return node


def followable(feature: Array, columns: int) -> bool:
    """Whether patients find their way through trees: splits are by columns that there are, and have nodes below them.

    Parameters
    ----------
    feature : (trees, nodes) as in `Tree`
    columns : of a design without that of ones
    """
    lowest = feature[:, feature.shape[1] // 2 :]
    return bool(((feature >= -1) & (feature < columns)).all() and (lowest == -1).all())


def normal_bins(z: Array, bins: int) -> Array:
    """Bin of every value; each bin holds an equal share of a standard normal distribution.

    The limits are the same in every fit and need no exchange; a limit says nothing of any patient.

    Parameters
    ----------
    z : (patients, features) standardized
    bins : their number

    Returns
    -------
    (patients, features) 0 to bins - 1
    """
    limits = scipy.special.ndtri(np.arange(1, bins) / bins)
    return np.asarray(np.searchsorted(limits, z, side="left"))


@dataclass(frozen=True)
class Ensemble:
    """Trees whose values are added up.

    Attributes
    ----------
    bins : of each feature (`normal_bins`)
    base : added to every sum
    feature, bin : (trees, nodes) as in `Tree`
    value : (trees, nodes, outputs)
    """

    bins: int
    base: float
    feature: Array
    bin: Array
    value: Array

    @classmethod
    def of_trees(cls, bins: int, base: float, trees: Sequence[Tree], room: int, nodes: int) -> "Ensemble":
        """Trees of one output, and after them empty ones up to a number."""
        feature, last = np.full((room, nodes), -1), np.zeros((room, nodes), dtype=np.int64)
        value = np.zeros((room, nodes, 1))
        for place, tree in enumerate(trees):
            feature[place], last[place], value[place, :, 0] = tree.feature, tree.bin, tree.value
        return cls(bins, base, feature, last, value)

    @staticmethod
    def size(trees: int, depth: int, outputs: int) -> int:
        """Length of `vector`."""
        return _HEADER + trees * ((2 << depth) - 1) * (2 + outputs)

    @cached_property
    def vector(self) -> Array:
        """(size,) everything, as numbers."""
        trees, nodes, outputs = self.value.shape
        body = np.concatenate([self.feature[..., None], self.bin[..., None], self.value], axis=2)
        return np.concatenate([[self.bins, self.base, trees, nodes, outputs], body.reshape(-1)])

    @classmethod
    def reads(cls, vector: Array, like: tuple[int, int, int], columns: int) -> bool:
        """Whether a vector that somebody else sent is that of such trees.

        Parameters
        ----------
        vector : finite numbers
        like : bins, depth and outputs that they should have
        columns : of a design without that of ones
        """
        bins, depth, outputs = like
        numbers_a_tree = ((2 << depth) - 1) * (2 + outputs)
        trees, rest = divmod(len(vector) - _HEADER, numbers_a_tree)
        if rest or vector[[0, 2, 3, 4]].tolist() != [bins, trees, (2 << depth) - 1, outputs]:
            return False
        return followable(cls.of_vector(vector).feature, columns)

    @classmethod
    def of_vector(cls, vector: Array) -> "Ensemble":
        """Undo `vector`."""
        bins, _, trees, nodes, outputs = vector[:_HEADER].astype(np.int64).tolist()
        body = vector[_HEADER:].reshape(trees, nodes, 2 + outputs)
        whole = np.rint(body[..., :2]).astype(np.int64)
        return cls(bins, float(vector[1]), whole[..., 0], whole[..., 1], body[..., 2:])

    def total(self, z: Array) -> Array:
        """(patients, outputs) sum over the trees.

        Parameters
        ----------
        z : (patients, features) standardized
        """
        binned, trees = normal_bins(z, self.bins), np.arange(len(self.feature))
        node = np.zeros((len(z), len(trees)), dtype=np.int64)
        while ((splits := self.feature[trees, node]) >= 0).any():
            right = np.take_along_axis(binned, splits.clip(0), axis=1) > self.bin[trees, node]
            node = np.where(splits >= 0, 2 * node + 1 + right, node)
        return np.asarray(self.base + self.value[trees, node].sum(axis=1))
