"""A random forest that guesses the site, from sums: extremely randomized trees, all grown level by level.

The rules that a node may choose from (feature and threshold) are drawn by a seed that all sites know, so a site
only counts its patients on the two sides of each rule; the rule with the purest sides is taken. All trees of
all trials (folds, tables, permuted labels) grow in the same exchanges, one a level.

Reference: Geurts, Ernst and Wehenkel, Machine Learning 63 (2006) 3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harmonization.array import Array, Mask, Rows


@dataclass(frozen=True)
class Size:
    """How large a forest is."""

    trees: int = 25
    depth: int = 5
    """Levels of rules; the exchanges that growing takes"""
    rules: int = 20
    """From which a node chooses"""


@dataclass(frozen=True)
class Rules:
    """What nodes may choose from. Nodes are numbered by level: 0, then 1 and 2, then 3 to 6."""

    feature: Rows
    """(trees, 2^depth - 1, rules)"""
    threshold: Array
    """(trees, 2^depth - 1, rules); patients at or under it go left"""


@dataclass(frozen=True)
class Forest:
    """The trees of one trial, as far as they are grown."""

    chosen: Rows
    """(trees, nodes) the rule that each grown node chose"""
    leaves: Array
    """(trees, 2^level, K) training patients of each class under the last grown level"""

    @property
    def level(self) -> int:
        """Levels grown."""
        return int(np.log2(self.chosen.shape[1] + 1))

    @classmethod
    def seed(cls, size: Size) -> "Forest":
        """Nothing grown yet."""
        return cls(np.empty((size.trees, 0), dtype=np.intp), np.empty((size.trees, 1, 0)))


def draw(size: Size, edges: Array, histogram: Array, random: np.random.Generator) -> Rules:
    """Draw rules: thresholds as the features' values are distributed, from histograms of all patients.

    Parameters
    ----------
    size : of the forest
    edges : (bins + 1,) limits of the cells, or (f, bins + 1) for each feature
    histogram : (f, bins) patients of all sites, any label
    random : from a seed that all sites know
    """
    f = len(histogram)
    shape = (size.trees, 2**size.depth - 1, size.rules)
    feature = random.integers(0, f, shape)
    level = random.random(shape)
    limits = np.broadcast_to(edges, (f, histogram.shape[1] + 1))
    share = np.column_stack([np.zeros(f), np.cumsum(histogram, axis=1)])
    share = share / np.maximum(share[:, -1:], 1)
    threshold = np.empty(shape)
    for place in np.unique(feature):
        of_feature = feature == place
        threshold[of_feature] = np.interp(level[of_feature], share[place], limits[place])
    return Rules(feature, threshold)


def place(u: Array, rules: Rules, forest: Forest) -> Rows:
    """(n, trees) node of the next level (or leaf) that each patient of u (n, f) reaches."""
    trees = np.arange(forest.chosen.shape[0])
    node = np.zeros((len(u), len(trees)), dtype=np.intp)
    for _ in range(forest.level):
        rule = forest.chosen[trees, node]
        value = np.take_along_axis(u, rules.feature[trees, node, rule], axis=1)
        node = 2 * node + 1 + (value > rules.threshold[trees, node, rule])
    return np.asarray(node - (2**forest.level - 1))


def _undivided(forest: Forest, smallest: int) -> Mask:
    """(trees, 2^level) nodes of too few patients, which all sites leave as they are; the root never is."""
    if not forest.level:
        return np.zeros((len(forest.leaves), 1), dtype=bool)
    return np.asarray(forest.leaves.sum(axis=-1) < smallest)


def level_counts(u: Array, label: Rows, classes: int, rules: Rules, forest: Forest, smallest: int = 1) -> Array:
    """Counts of one site for one trial, to grow the next level.

    Parameters
    ----------
    u : (n, f) features of the trial's training patients
    label : (n,) number of the class to guess
    classes : K
    rules : drawn
    forest : grown so far
    smallest : fewest patients of a node that is divided

    Returns
    -------
    (trees, 2^level, rules + 1, K) patients left of each rule; in the last place, all of the node; zero in nodes of
    too few patients. Those of sites add up.
    """
    trees, width, tried = forest.chosen.shape[0], 2**forest.level, rules.feature.shape[2]
    tree, node = np.arange(trees), place(u, rules, forest)
    feature = rules.feature[tree, node + width - 1]
    left = u[np.arange(len(u))[:, None, None], feature] <= rules.threshold[tree, node + width - 1]
    sides = np.concatenate([left, np.ones((len(u), trees, 1), dtype=bool)], axis=2)
    cell = ((tree * width + node)[:, :, None] * (tried + 1) + np.arange(tried + 1)) * classes + label[:, None, None]
    counts = np.bincount(cell[sides], minlength=trees * width * (tried + 1) * classes)
    counted = counts.reshape(trees, width, tried + 1, classes).astype(np.float64)
    return np.asarray(np.where(_undivided(forest, smallest)[:, :, None, None], 0.0, counted))


def grow(forest: Forest, counts: Array, smallest: int = 1) -> Forest:
    """Let every node of the next level choose: the largest decrease of Gini's impurity.

    Parameters
    ----------
    forest : grown so far
    counts : `level_counts` over all sites
    smallest : as given to them; of a node that is not divided, both sides know what the node knows
    """
    left, everybody = counts[:, :, :-1], counts[:, :, -1:]
    right = everybody - left
    purity = _purity(left) + _purity(right)
    rule = purity.argmax(axis=2)
    taken = np.take_along_axis(left, rule[:, :, None, None], axis=2)[:, :, 0]
    sides = np.stack([taken, everybody[:, :, 0] - taken], axis=2)
    if (whole := _undivided(forest, smallest)).any():
        sides = np.where(whole[:, :, None, None], forest.leaves[:, :, None, :], sides)
    leaves = sides.reshape(len(counts), -1, counts.shape[-1])
    return Forest(np.column_stack([forest.chosen, rule]), leaves)


def _purity(side: Array) -> Array:
    return np.asarray((side**2).sum(axis=-1) / np.maximum(side.sum(axis=-1), 1))


def probabilities(u: Array, rules: Rules, forest: Forest) -> NDArray[np.float64]:
    """(n, K) of patients with features u (n, f): the trees' mean; a leaf counts one patient of the prior more."""
    everybody = forest.leaves[0].sum(axis=0)
    prior = everybody / everybody.sum()
    shares = (forest.leaves + prior) / (forest.leaves.sum(axis=-1, keepdims=True) + 1)
    leaf = place(u, rules, forest)
    return np.asarray(shares[np.arange(forest.chosen.shape[0]), leaf].mean(axis=1))
