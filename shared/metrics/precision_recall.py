"""Precision and recall: how pure the positive calls are, where positives are few."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.metrics.score_histogram import Counts, at_or_above, edges
from shared.metrics.scores import split


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision and recall at each threshold of the grid that at least one patient reaches.

    Attributes
    ----------
    threshold : (m,) rising
    precision, recall : (m,)
    average_precision : sum over falling thresholds of (recall gained) x precision
    """

    threshold: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    average_precision: float


def precision_recall(counts: Counts) -> PrecisionRecall:
    """Precision-recall curve of the scores on the grid.

    Parameters
    ----------
    counts : (2, bins) of `score_histogram.count`, of one site or of all

    Raises
    ------
    ValueError if there is no positive patient.
    """
    positives = int(counts[1].sum())
    if not positives:
        raise ValueError("a precision-recall curve needs positive patients")
    called_negatives, called_positives = at_or_above(counts)
    called = called_negatives + called_positives
    kept = np.flatnonzero(called > 0)
    precision = called_positives[kept] / called[kept]
    recall = called_positives[kept] / positives
    gained = recall - np.append(recall[1:], 0)
    return PrecisionRecall(edges(counts.shape[-1])[kept], precision, recall, float((gained * precision).sum()))


def average_precision(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Average precision of one site's patients, exact; NaN without positive patients.

    Parameters
    ----------
    scores : (n,)
    positive : (n,)
    """
    positives, negatives = split(scores, positive)
    if not positives.size:
        return float("nan")
    # each positive gains 1 / P of recall, at the precision of the threshold that first calls it
    called_positives = positives.size - np.searchsorted(np.sort(positives), positives, side="left")
    called_negatives = negatives.size - np.searchsorted(np.sort(negatives), positives, side="left")
    return float((called_positives / (called_positives + called_negatives)).mean())
