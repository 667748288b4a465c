"""The concordance index of a continuous outcome, exact, as a count of pairs; counts of several sites add up.

What the AUC is to two classes: the share of pairs of patients with different outcomes whose predictions are in the same
order, a tie of predictions counting one half. 0.5 is chance.

References: Harrell, Lee and Mark, Stat Med 15 (1996) 361; the variance is that of a ratio of U statistics by each
patient's influence, Kowalski and Tu, Modern Applied U-Statistics (2008), section 3.3.
"""

from dataclasses import dataclass
from math import nan

import numpy as np

from shared.arrays import Array
from shared.metrics.auc import concordance as of_classes

_BLOCK = 512
"""Patients who are held against all others at once."""


@dataclass(frozen=True)
class Ranked:
    """How often predictions are in the order of outcomes.

    Attributes
    ----------
    u : pairs of different outcome in the right order, ties of predictions counted as one half
    pairs : of different outcome
    influence : (n,) of each patient on the index, about it; they stay where the patients are
    """

    u: float
    pairs: int
    influence: Array

    @property
    def index(self) -> float:
        """U over pairs; NaN without a pair."""
        return self.u / self.pairs if self.pairs else nan

    @property
    def variance(self) -> float:
        """Of the index, for a frozen model on patients drawn at random; NaN without a pair."""
        return float(self.influence @ self.influence) if self.pairs else nan

    def difference_variance(self, other: "Ranked") -> float:
        """Of the difference of two indices on the same patients."""
        apart = self.influence - other.influence
        return float(apart @ apart) if self.pairs else nan


def concordance(predicted: Array, observed: Array) -> Ranked:
    """Compare all pairs.

    Parameters
    ----------
    predicted, observed : (n,) finite, on any scale that keeps their order
    """
    n = len(observed)
    right, different = np.zeros(n), np.zeros(n)
    for start in range(0, n, _BLOCK):
        rows = slice(start, start + _BLOCK)
        order = np.sign(observed[rows, None] - observed)
        predicted_order = np.sign(predicted[rows, None] - predicted)
        right[rows] = ((order * predicted_order + np.abs(order)) / 2).sum(axis=1)
        different[rows] = np.abs(order).sum(axis=1)
    u, pairs = float(right.sum() / 2), round(float(different.sum()) / 2)
    influence = (right - different * (u / pairs)) / pairs if pairs else np.zeros(n)
    return Ranked(u, pairs, influence)


def ranked(predicted: Array, outcome: Array, target: int, *, continuous: bool) -> tuple[float, int]:
    """Pairs that are ranked rightly, and all: of a class against the others, or of different outcomes.

    Parameters
    ----------
    predicted : (n, classes) risks, or (n, 1) values
    outcome : (n,) class, or value
    target : column that is judged
    continuous : whether the outcome is a number
    """
    if continuous:
        concordant = concordance(predicted[:, target], outcome)
        return concordant.u, concordant.pairs
    counted = of_classes(predicted[:, target], outcome == target)
    return counted.u, counted.pairs
