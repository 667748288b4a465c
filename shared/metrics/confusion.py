"""Sensitivity, specificity and predictive values at a threshold that was chosen in training."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from shared.metrics.score_histogram import Counts, at_or_above, edges
from shared.metrics.scores import checked


@dataclass(frozen=True)
class Confusion:
    """Patients by class and call; those of several sites add up. A share of nobody is NaN."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
            self.true_negatives + other.true_negatives,
        )

    @property
    def sensitivity(self) -> float:
        """Share of positive patients who are called positive."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> float:
        """Share of negative patients who are called negative."""
        return _share(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def positive_predictive_value(self) -> float:
        """Share of positive calls that are right."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def negative_predictive_value(self) -> float:
        """Share of negative calls that are right."""
        return _share(self.true_negatives, self.true_negatives + self.false_negatives)

    @property
    def accuracy(self) -> float:
        """Share of right calls; misleading where the classes differ in size."""
        right = self.true_positives + self.true_negatives
        return _share(right, right + self.false_positives + self.false_negatives)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of sensitivity and specificity."""
        return (self.sensitivity + self.specificity) / 2


def confusion(scores: NDArray[np.float64], positive: NDArray[np.bool_], threshold: float) -> Confusion:
    """Calls of one site's patients; positive from `threshold` on.

    Parameters
    ----------
    scores : (n,)
    positive : (n,)
    threshold : on the scale of the scores
    """
    scores, positive = checked(scores, positive)
    called = scores >= threshold
    return Confusion(
        int((called & positive).sum()),
        int((called & ~positive).sum()),
        int((~called & positive).sum()),
        int((~called & ~positive).sum()),
    )


def youden_threshold(counts: Counts) -> float:
    """Threshold of the grid with the largest sensitivity + specificity - 1; the lowest of equal ones.

    Parameters
    ----------
    counts : (2, bins) of `score_histogram.count`, of training patients

    Raises
    ------
    ValueError if one class is missing.
    """
    return float(edges(counts.shape[-1])[int(np.argmax(_youden(counts)))])


def sensitivity_threshold(counts: Counts, least: float) -> float:
    """Highest threshold of the grid whose sensitivity is at least `least`.

    Parameters
    ----------
    counts : (2, bins) of `score_histogram.count`, of training patients
    least : in [0, 1]

    Raises
    ------
    ValueError if there is no positive patient.
    """
    reached = at_or_above(counts)[1]
    if not reached[0]:
        raise ValueError("a threshold for sensitivity needs positive patients")
    return float(edges(counts.shape[-1])[np.flatnonzero(reached >= least * reached[0])[-1]])


def _youden(counts: Counts) -> NDArray[np.int64]:
    totals = counts.sum(-1)
    if (totals == 0).any():
        raise ValueError("Youden's index needs patients of both classes")
    false_positives, true_positives = at_or_above(counts)
    # over the common denominator, in integers, so that equal thresholds tie exactly
    return np.asarray(true_positives * totals[0] - false_positives * totals[1])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else nan
