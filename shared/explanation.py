"""Which features the final model explains itself by, and how sums over patients say so.

*Attribution*: what a feature moves a patient's score by, from its mean over all training patients (linear SHAP with
features taken as independent: w_j (x_j - mean_j); Lundberg and Lee, NeurIPS 30 (2017) 4765; the mean is that of the
totals, so no patient's features are a background). *Dependence*: mean risk of all patients, were a feature at a given
value (Friedman, Ann Stat 29 (2001) 1189). *Importance*: how much less AUC within sites, in cross-validation, where the
values of a feature are exchanged between the patients of a site (Breiman, Mach Learn 45 (2001) 5).
"""

from collections.abc import Callable

import numpy as np

from shared.arrays import Array
from shared.learning import Learned
from shared.plan import Arm

MOST = 24
"""Features that are explained: those of largest weight."""
SETTINGS = np.linspace(-2.0, 2.0, 9)
"""Values at which a feature is held, in its standard deviations about its mean."""
MOVES = np.linspace(-1.0, 1.0, 21)
"""Limits of the ranges in which moves of the score are counted; the outer ranges are open."""
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
    (m,) indices of features, and (m,) their weights a standard deviation
    """
    place = learned.chosen(Arm.MODEL, _FINAL)
    vector = learned.trainer(exchanges).coefficients[_FINAL, place]
    weights = learned.learner.shown(vector, learned.selected.shape[1], learned.classes)[1]
    chosen = learned.selected[_FINAL]
    weights = np.where(chosen >= 0, weights[: len(chosen)], 0.0)
    order = np.argsort(-np.abs(weights), kind="stable")[:MOST]
    order = order[weights[order] != 0]
    return chosen[order], weights[order]


def attribution(z: Array, weights: Array) -> dict[str, Array]:
    """Sums over one site's patients of what each feature moves their score by.

    Parameters
    ----------
    z : (n, m) standardised by the totals of all sites
    weights : (m,)

    Returns
    -------
    attributed (m,) sum of the moves without sign, moved (m, ranges) patients by their move
    """
    moves = z * weights
    place = np.searchsorted(MOVES[1:-1], moves, side="right")
    counted = (place[..., None] == np.arange(len(MOVES) - 1)).sum(axis=0)
    return {"attributed": np.abs(moves).sum(axis=0), "moved": counted.astype(float)}


def dependence(predict: Callable[[Array], Array], design: Array, columns: Array) -> Array:
    """(m, settings, classes) sums over one site's patients of what is predicted, were a feature at each of `SETTINGS`.

    Parameters
    ----------
    predict : of a design: (n, classes)
    design : (n, p)
    columns : (m,) of the features
    """
    found = []
    for column in columns.tolist():
        held = design.copy()
        rows = []
        for value in SETTINGS:
            held[:, column] = value
            rows.append(predict(held).sum(axis=0))
        found.append(rows)
    return np.array(found).reshape(len(columns), len(SETTINGS), -1)
