"""Trees that one site grows on its own patients, by scikit-learn and by XGBoost, on agreed bins."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.sections.model import ForestSettings, XgboostSettings

_LEAST_HESSIAN = 1e-3


@dataclass(frozen=True)
class Grown:
    """Complete binary trees, as in `shared.models.trees.Ensemble`.

    Attributes
    ----------
    feature : (trees, nodes) that splits a node, -1 at a leaf
    bin : (trees, nodes) last bin that goes to the left
    value : (trees, nodes, outputs)
    """

    feature: Array
    bin: Array
    value: Array

    @classmethod
    def nothing(cls, trees: int, depth: int, outputs: int) -> "Grown":
        """Roots without value."""
        nodes = 2 ** (depth + 1) - 1
        whole = np.zeros((trees, nodes), dtype=np.int64)
        return cls(whole - 1, whole.copy(), np.zeros((trees, nodes, outputs)))


def forest(section: ForestSettings, binned: Array, y: Array, classes: int, random: np.random.Generator) -> Grown:
    """Trees of a random forest, each on patients drawn with replacement and a few features at a split.

    Parameters
    ----------
    section : trees, depth, least_patients
    binned : (patients, features)
    y : (patients,) class
    classes : of the endpoint
    random : the site's chance

    Returns
    -------
    values are the shares of the classes in a leaf; nothing where there are too few patients for a leaf
    """
    grown = Grown.nothing(section.trees, section.depth, classes)
    if len(y) < section.least_patients:
        return grown
    if not binned.shape[1]:
        grown.value[:, 0] = np.bincount(y.astype(int), minlength=classes) / len(y)
        return grown
    from sklearn.ensemble import RandomForestClassifier

    fitted = RandomForestClassifier(
        section.trees,
        max_depth=section.depth,
        min_samples_leaf=section.least_patients,
        random_state=int(random.integers(2**31)),
        n_jobs=1,
    ).fit(binned, y)
    known = fitted.classes_.astype(int)
    for place, estimator in enumerate(fitted.estimators_):
        tree = estimator.tree_
        pairs = [(0, 0)]  # a node of scikit-learn's, and its place in the complete tree
        while pairs:
            node, at = pairs.pop()
            grown.value[place, at, known] = tree.value[node, 0] / tree.value[node, 0].sum()
            if tree.children_left[node] >= 0:
                grown.feature[place, at] = tree.feature[node]
                grown.bin[place, at] = int(np.floor(tree.threshold[node]))
                pairs += [(tree.children_left[node], 2 * at + 1), (tree.children_right[node], 2 * at + 2)]
    return grown


def boosted(section: XgboostSettings, binned: Array, y: Array, log_odds: Array, share: float) -> Grown:
    """One XGBoost tree from where all sites' trees have come.

    Parameters
    ----------
    section : depth, learning_rate, l2, least_patients
    binned : (patients, features)
    y : (patients,) 0 or 1
    log_odds : (patients,) so far
    share : part of the learning rate that is this site's

    Returns
    -------
    a tree whose splits leave too few patients on a side is cut back to where they do not

    Raises
    ------
    MrfedError (`DATA_MISSING`) where XGBoost is not installed.
    """
    grown = Grown.nothing(1, section.depth, 1)
    if len(y) < section.least_patients or not binned.shape[1]:
        return grown
    try:
        import xgboost
    except ImportError as error:
        raise MrfedError(
            Code.DATA_MISSING, "model.kind: xgboost needs XGBoost at every site; install mrfed[trees]"
        ) from error
    data = xgboost.DMatrix(binned, label=y, base_margin=log_odds)
    rate = section.learning_rate * share
    settings = {
        "objective": "binary:logistic",
        "tree_method": "exact",
        "max_depth": section.depth,
        "eta": rate,
        "lambda": section.l2,
        "min_child_weight": _LEAST_HESSIAN,
        "base_score": 0.5,
        "nthread": 1,
        "verbosity": 0,
    }
    booster = xgboost.train(settings, data, num_boost_round=1)
    root = json.loads(booster.get_dump(dump_format="json")[0])
    risk = expit(log_odds)
    sums = np.stack([risk - y, risk * (1 - risk)])
    _Read(grown, binned, sums, section, rate).fill(root, 0, np.arange(len(y)))
    return grown


@dataclass(frozen=True)
class _Read:
    """One XGBoost tree as it is read into a complete one.

    Attributes
    ----------
    grown : the complete tree, written node by node
    binned : (patients, features)
    sums : (2, patients) gradients and Hessians
    section : least_patients, l2
    rate : of learning
    """

    grown: Grown
    binned: Array
    sums: Array
    section: XgboostSettings
    rate: float

    def fill(self, node: dict[str, Any], at: int, rows: Array) -> None:
        """Write a node of XGBoost's and all under it into its place.

        Parameters
        ----------
        node : as XGBoost dumps it
        at : its place in the complete tree
        rows : patients who reach it
        """
        gradient, hessian = self.sums[:, rows].sum(axis=1)
        unsplit = -self.rate * gradient / (hessian + self.section.l2 + np.finfo(float).tiny)
        self.grown.value[0, at, 0] = node.get("leaf", unsplit)
        if "children" not in node:
            return
        # XGBoost sends values under the condition to the left: whole bins up to the one below it
        feature, last = int(str(node["split"])[1:]), int(np.ceil(node["split_condition"])) - 1
        left = self.binned[rows, feature] <= last
        if min(left.sum(), (~left).sum()) < self.section.least_patients:
            return
        self.grown.feature[0, at], self.grown.bin[0, at] = feature, last
        children = {child["nodeid"]: child for child in node["children"]}
        self.fill(children[node["yes"]], 2 * at + 1, rows[left])
        self.fill(children[node["no"]], 2 * at + 2, rows[~left])
