"""How well a probe guesses the site: one against the rest, averaged, from histograms of its probabilities."""

import numpy as np

from harmonization.array import Array, Rows

BINS = 400


def score_counts(probability: Array, label: Rows, bins: int = BINS) -> Array:
    """Counts of one site.

    Parameters
    ----------
    probability : (n, K) of patients who did not train
    label : (n,) number of the class that was to be guessed
    bins : ranges of equal width

    Returns
    -------
    (K, 2, bins) patients of the other classes, and of the class, by the probability of the class; those of
    folds and sites add up
    """
    classes = probability.shape[1]
    cell = np.minimum((probability * bins).astype(np.intp), bins - 1)
    counts = np.zeros((classes, 2, bins))
    for site in range(classes):
        np.add.at(counts[site], ((label == site).astype(np.intp), cell[:, site]), 1.0)
    return counts


def auc(counts: Array) -> Array:
    """Area under the curve, each class against the rest, averaged over classes.

    Parameters
    ----------
    counts : (..., K, 2, bins) over all sites

    Returns
    -------
    (...) with ties within a cell counted as one half; NaN where a class has nobody
    """
    rest, own = counts[..., 0, :], counts[..., 1, :]
    under = np.cumsum(rest, axis=-1) - rest
    won = (own * (under + 0.5 * rest)).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((won / (own.sum(axis=-1) * rest.sum(axis=-1))).mean(axis=-1))


def bound(counts: Array) -> Array:
    """(...) the most by which the cells can move `auc`: half of the pairs that share a cell."""
    rest, own = counts[..., 0, :], counts[..., 1, :]
    tied = (own * rest).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((0.5 * tied / (own.sum(axis=-1) * rest.sum(axis=-1))).mean(axis=-1))
