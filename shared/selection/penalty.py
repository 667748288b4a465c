"""Which penalty of a path: from the loss on the patients whom each inner fold left out."""

import numpy as np

from shared.arrays import Array
from shared.sections.model import PenaltyChoice

_EQUAL = 1e-12
"""Relative difference under which two losses are equal: rounding, as where no feature is left to be penalized."""


def choose(loss: Array, patients: Array, rule: PenaltyChoice) -> int:
    """Place on the path.

    Parameters
    ----------
    loss : (inner folds, penalties) sums over the patients who were left out, penalties falling
    patients : (inner folds,) how many they are; a fold without any is left aside
    rule : how to choose

    Returns
    -------
    index of the penalty; of equal ones the largest. 0, the largest of all, where nobody was left out

    Reference: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section 7.10.
    """
    seen = patients > 0
    if not seen.any():
        return 0
    means = loss[seen] / patients[seen, None]
    share = patients[seen] / patients[seen].sum()
    curve = share @ means
    best = int(np.flatnonzero(curve <= curve.min() * (1 + _EQUAL))[0])
    if rule is PenaltyChoice.BEST or seen.sum() < 2:
        return best
    error = np.sqrt(share @ (means - curve) ** 2 / (seen.sum() - 1))
    return int(np.flatnonzero(curve <= curve[best] + error[best])[0])
