"""Which features the final model explains itself by, and how sums over patients say so.

*Attribution*: what a feature moves a patient's score by, from its mean over all training patients (linear SHAP with
features taken as independent: w_j (x_j - mean_j); Lundberg and Lee, NeurIPS 30 (2017) 4765; the mean is that of the
totals, so no patient's features are a background). Of trees it is against the patients of the same site, whose features
stay there (`shared.models.tree_shap`), and only counts in ranges and sums leave. *Dependence*: mean risk of all
patients, were a feature at a given value (Friedman, Ann Stat 29 (2001) 1189). *Importance*: how much less AUC within
sites, in cross-validation, where the values of a feature are exchanged between the patients of a site (Breiman, Mach
Learn 45 (2001) 5).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from shared.arrays import Array
from shared.models.learner import Learner
from shared.models.tree_shap import splits, tree_shap
from shared.study.plan import Arm
from shared.training.progress import Learned

MOST = 24
"""Features that are explained: those of largest weight."""
SETTINGS = np.linspace(-2.0, 2.0, 9)
"""Values at which a feature is held, in its standard deviations about its mean."""
MOVES = np.linspace(-1.0, 1.0, 21)
"""Limits of the ranges in which moves of the score are counted; the outer ranges are open."""
BACKGROUND = 60
"""Patients of a site against whom trees are held, at most."""
DRAWS = 5
"""How often values are exchanged."""

_FINAL = 0


def explained(learned: Learned, exchanges: int) -> tuple[Array, Array]:
    """Features that are explained, from the largest weight on.

    Parameters
    ----------
    learned : what is learned
    exchanges : of training

    Returns
    -------
    (m,) indices of features, and (m,) their weights: what a standard deviation adds, of trees how far their splits part
    """
    place = learned.chosen(Arm.MODEL, _FINAL)
    vector = learned.trainer(exchanges).coefficients[_FINAL, place]
    chosen = learned.selected[_FINAL]
    trees = learned.learner.trees(vector)
    if trees is not None:
        weights = splits(trees, len(chosen))
    else:
        weights = learned.learner.shown(vector, learned.selected.shape[1], learned.classes)[1]
    weights = np.where(chosen >= 0, weights[: len(chosen)], 0.0)
    order = np.argsort(-np.abs(weights), kind="stable")[:MOST]
    order = order[weights[order] != 0]
    return chosen[order], weights[order]


def moves(learner: Learner[Any], vector: Array, design: Array, weights: Array, columns: Array) -> Array:
    """(n, m) what each feature moves the score of one site's patients by.

    Parameters
    ----------
    learner : of the model
    vector : the model
    design : (n, p) of the site's patients, who are the background of trees
    weights, columns : (m,) of the features, and their columns
    """
    trees = learner.trees(vector)
    if trees is None:
        return np.asarray(design[:, columns] * weights)
    z = design[:, 1:]
    # of a forest the trees' shares are averaged, of boosted trees the values are added up
    grown = max(float(trees.total(z[:1]).sum()), 1.0) if trees.value.shape[2] > 1 else 1.0
    return tree_shap(trees, z, z[:BACKGROUND])[:, columns - 1] / grown


def attribution(moved: Array) -> dict[str, Array]:
    """Sums over one site's patients of what each feature moves their score by.

    Parameters
    ----------
    moved : (n, m)

    Returns
    -------
    attributed (m,) sum of the moves without sign, moved (m, ranges) patients by their move
    """
    place = np.searchsorted(MOVES[1:-1], moved, side="right")
    counted = (place[..., None] == np.arange(len(MOVES) - 1)).sum(axis=0)
    return {"attributed": np.abs(moved).sum(axis=0), "moved": counted.astype(float)}


def dependence(predict: Callable[[Array], Array], design: Array, columns: Array) -> Array:
    """(m, settings, classes) sums over one site's patients of what is predicted, were a feature at each of `SETTINGS`.

    Parameters
    ----------
    predict : of a design: (n, classes)
    design : (n, p)
    columns : (m,) of the features
    """
    predicted = []
    for column in columns.tolist():
        held = design.copy()
        rows = []
        for value in SETTINGS:
            held[:, column] = value
            rows.append(predict(held).sum(axis=0))
        predicted.append(rows)
    return np.array(predicted).reshape(len(columns), len(SETTINGS), -1)
