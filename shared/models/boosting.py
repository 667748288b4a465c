"""Gradient-boosted trees for two classes, grown level by level from summed histograms.

All sites put their features into the same bins. For each node of the level that is being grown a site sends, per
feature and bin, the sums of gradients, of Hessians and of patients; from their totals everybody finds the same
splits. So the trees are those of the pooled table in the same bins.

References: Friedman, Ann Stat 29 (2001) 1189; Ke et al., NeurIPS 30 (2017) 3146, for histograms.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy

from shared.arrays import Array
from shared.models.trees import Tree

_LEAST_HESSIAN = 1e-3
"""A split leaves at least this sum of Hessians on either side."""


@dataclass(frozen=True)
class Growth:
    """How trees are grown.

    Attributes
    ----------
    trees : how many
    depth : levels of splits in a tree
    learning_rate : part of each tree's step that is taken
    l2 : penalty on the values of leaves
    least_patients : fewest patients in a leaf, all sites together
    """

    trees: int = 100
    depth: int = 3
    learning_rate: float = 0.1
    l2: float = 1.0
    least_patients: int = 20


@dataclass(frozen=True)
class Boosting:
    """Where the growing of one fit stands.

    Attributes
    ----------
    growth : settings
    base : log-odds before the first tree
    trees : finished ones
    growing : the tree that is being grown; None when all are finished
    level : that is to be split next, the root is 0
    """

    growth: Growth
    base: float
    trees: tuple[Tree, ...] = ()
    growing: Tree | None = None
    level: int = 0

    @classmethod
    def start(cls, growth: Growth, class_totals: Array) -> "Boosting":
        """Begin with the log-odds of the classes.

        Raises
        ------
        ValueError if a class has no patient.
        """
        if (class_totals == 0).any():
            raise ValueError("boosting needs training patients of both classes")
        base = float(scipy.special.logit(class_totals[1] / class_totals.sum()))
        return cls(growth, base, (), Tree.stump(growth.depth, 0.0))

    @property
    def finished(self) -> bool:
        """Whether all trees are grown."""
        return self.growing is None

    @property
    def nodes(self) -> Array:
        """(nodes,) of the level that is to be split next."""
        first = 2**self.level - 1
        return np.arange(first, 2 * first + 1)

    def log_odds(self, binned: Array) -> Array:
        """(patients,) score by the finished trees."""
        return np.asarray(self.base + sum(tree.value[tree.ends(binned)] for tree in self.trees) + np.zeros(len(binned)))


def to_bins(z: Array, edges: Array) -> Array:
    """Bin of every value.

    Parameters
    ----------
    z : (patients, features)
    edges : (features, bins - 1) rising; a value on an edge belongs to the bin under it

    Returns
    -------
    (patients, features) 0 to bins - 1
    """
    columns = [np.searchsorted(row, column, side="left") for row, column in zip(edges, z.T, strict=True)]
    return np.stack(columns, axis=1)


def sums(boosting: Boosting, binned: Array, y: Array, bins: int) -> dict[str, Array]:
    """One site's histograms for one fit.

    Parameters
    ----------
    boosting : where the growing stands
    binned : (patients, features)
    y : (patients,) 0 or 1
    bins : number of bins

    Returns
    -------
    gradient, hessian, count : (nodes, features, bins), nodes of the level that is to be split
    """
    assert boosting.growing is not None
    risk = scipy.special.expit(boosting.log_odds(binned))
    nodes, features = boosting.nodes, binned.shape[1]
    place = boosting.growing.ends(binned) - nodes[0]
    at_level = (place >= 0) & (place < len(nodes))
    cell = ((place[:, None] * features + np.arange(features)) * bins + binned)[at_level]
    weights = {"gradient": risk - y, "hessian": risk * (1 - risk), "count": np.ones(len(y))}
    length = len(nodes) * features * bins
    return {
        name: np.bincount(cell.ravel(), np.repeat(weight[at_level], features), length).reshape(-1, features, bins)
        for name, weight in weights.items()
    }


def advance(boosting: Boosting, totals: dict[str, Array]) -> Boosting:
    """Split a level, and begin the next tree where this one is done.

    Parameters
    ----------
    boosting : where the growing stands
    totals : of all sites, as `sums`

    Returns
    -------
    where it stands now; equal at every site and at the coordinator
    """
    growth, tree = boosting.growth, boosting.growing
    assert tree is not None
    left = {name: np.cumsum(total, axis=2)[..., :-1] for name, total in totals.items()}
    whole = {name: total.sum(axis=2)[:, :1, None] for name, total in totals.items()}
    right = {name: whole[name] - left[name] for name in left}
    gain = _strength(left, growth.l2) + _strength(right, growth.l2) - _strength(whole, growth.l2)
    for side in (left, right):
        allowed = (side["count"].round() >= growth.least_patients) & (side["hessian"] >= _LEAST_HESSIAN)
        gain = np.where(allowed, gain, -np.inf)
    tree = Tree(tree.feature.copy(), tree.bin.copy(), tree.value.copy())
    splits = False
    for index, node in enumerate(boosting.nodes):
        feature, last = divmod(int(gain[index].argmax()), gain.shape[2])
        if boosting.level == 0:
            tree.value[node] = _value(whole, (index, 0, 0), growth)
        if gain[index, feature, last] > 0:
            splits = True
            tree.feature[node], tree.bin[node] = feature, last
            tree.value[2 * node + 1] = _value(left, (index, feature, last), growth)
            tree.value[2 * node + 2] = _value(right, (index, feature, last), growth)
    if splits and boosting.level + 1 < growth.depth:
        return replace(boosting, growing=tree, level=boosting.level + 1)
    trees = (*boosting.trees, tree)
    growing = None if len(trees) == growth.trees else Tree.stump(growth.depth, 0.0)
    return replace(boosting, trees=trees, growing=growing, level=0)


def _strength(side: dict[str, Array], l2: float) -> Array:
    """Twice the loss that the best value of a node takes away."""
    return np.asarray(side["gradient"] ** 2 / (side["hessian"] + l2 + np.finfo(float).tiny))


def _value(side: dict[str, Array], at: tuple[int, ...], growth: Growth) -> float:
    step = side["gradient"][at] / (side["hessian"][at] + growth.l2 + np.finfo(float).tiny)
    return float(-growth.learning_rate * step)
