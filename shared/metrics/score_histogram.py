"""Scores counted on a declared grid, per class: what a pooled ROC curve needs and no patient's score.

Counts of several sites add up. Everything that asks only how many patients of a class lie at or above a
threshold of the grid (ROC points, sensitivity, net benefit) is exact from them; the pooled AUC is known up to
a bound, because patients who share a cell look tied.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.metrics.scores import checked_probabilities

Counts = NDArray[np.int64]
"""(..., 2, bins): negatives, positives. Leading axes are fits."""


@dataclass(frozen=True)
class Roc:
    """An ROC curve, from (0, 0) to (1, 1).

    Attributes
    ----------
    threshold : (m,) falling; a patient is called positive whose score reaches it. The first is infinite.
    false_positive_rate, true_positive_rate : (m,)
    """

    threshold: NDArray[np.float64]
    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]


def edges(bins: int) -> NDArray[np.float64]:
    """(bins + 1,) thresholds of the grid, 0 to 1."""
    return np.arange(bins + 1) / bins


def middles(bins: int) -> NDArray[np.float64]:
    """(bins,) middle of each cell."""
    return (np.arange(bins) + 0.5) / bins


def count(probabilities: NDArray[np.float64], positive: NDArray[np.bool_], bins: int) -> Counts:
    """Count one site's patients, per class and cell.

    Parameters
    ----------
    probabilities : (n,) in [0, 1]
    positive : (n,)
    bins : cells of equal width; cell b holds the scores in [b, b + 1) / bins, the last one 1 as well

    Returns
    -------
    (2, bins) negatives and positives; add those of several sites

    Raises
    ------
    ValueError if a probability is not finite or lies outside [0, 1].
    """
    probabilities, positive = checked_probabilities(probabilities, positive)
    # by comparison with the edges themselves, so that "reaches the threshold" holds to the last bit
    cell = np.searchsorted(edges(bins)[1:-1], probabilities, side="right")
    return np.stack([np.bincount(cell[~positive], minlength=bins), np.bincount(cell[positive], minlength=bins)])


def auc(counts: Counts) -> NDArray[np.float64]:
    """(...) pooled AUC of the rounded scores; NaN where one class is missing."""
    negatives, positives = counts[..., 0, :], counts[..., 1, :]
    below = np.cumsum(negatives, axis=-1) - negatives / 2
    return _ratio((positives * below).sum(-1), positives.sum(-1) * negatives.sum(-1))


def auc_bound(counts: Counts) -> NDArray[np.float64]:
    """(...) largest possible difference between `auc` and that of the unrounded scores.

    Pairs that share a cell count one half and may be anything from none to one: (1/2) sum P_b N_b / (P N).
    """
    negatives, positives = counts[..., 0, :], counts[..., 1, :]
    return _ratio((positives * negatives).sum(-1) / 2, positives.sum(-1) * negatives.sum(-1))


def at_or_above(counts: Counts) -> Counts:
    """(..., 2, bins + 1) patients of each class whose score reaches each of `edges`."""
    reversed_sums = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    return np.concatenate([reversed_sums, np.zeros_like(reversed_sums[..., :1])], axis=-1)


def roc(counts: Counts) -> Roc:
    """ROC curve from one histogram, corners only.

    Parameters
    ----------
    counts : (2, bins)

    Raises
    ------
    ValueError if one class is missing.
    """
    if (counts.sum(-1) == 0).any():
        raise ValueError("an ROC curve needs patients of both classes")
    reached = at_or_above(counts)[:, ::-1]
    threshold = edges(counts.shape[-1])[::-1].copy()
    threshold[0] = np.inf
    # a threshold that no patient separates from the one before adds no corner
    kept = np.append(True, np.diff(reached, axis=1).any(0))
    rates = reached / counts.sum(-1)[:, None]
    return Roc(threshold[kept], rates[0, kept], rates[1, kept])


def _ratio(above: NDArray[np.float64], below: NDArray[np.int64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below > 0, above / below, np.nan), dtype=np.float64)
