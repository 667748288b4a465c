"""Bootstrap within sites: patients drawn anew with replacement, each class of each site on its own.

The sites' numbers of pairs stay as they are, so that the sites' U of one resample add up as those of the patients do.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 8 (several samples).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.metrics.scores import split


def resampled_u(
    scores: NDArray[np.float64],
    positive: NDArray[np.bool_],
    resamples: int,
    random: np.random.Generator,
    order: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Mann-Whitney U of each resample of one site.

    Parameters
    ----------
    scores, positive : (n,)
    resamples : how many
    random : draws
    order : (n,) patients of a class are drawn by their place in this order, the same for all scores that are paired, so
        that who knows the seed knows places among scores and no row of a table; if left out, by their rows

    Returns
    -------
    (resamples,) all 0 where a class is missing
    """
    placed = np.arange(len(scores)) if order is None else np.argsort(order, kind="stable")
    positives, negatives = split(scores[placed], positive[placed])
    if not positives.size or not negatives.size:
        return np.zeros(resamples)
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    drawn_positives = random.multinomial(positives.size, np.full(positives.size, 1 / positives.size), resamples)
    drawn_negatives = random.multinomial(negatives.size, np.full(negatives.size, 1 / negatives.size), resamples)
    return np.asarray(((drawn_positives @ wins) * drawn_negatives).sum(axis=1), dtype=np.float64)


def resampled_u_of_classes(
    risks: NDArray[np.float64],
    classes: NDArray[np.int64],
    targets: Sequence[int],
    resamples: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Mann-Whitney U of several classes, each against the others, in the same resamples of one site.

    Parameters
    ----------
    risks : (n, k) of each class
    classes : (n,) 0 to k - 1
    targets : classes that are judged
    resamples : how many
    random : draws; of two classes the same resamples as `resampled_u` makes

    Returns
    -------
    (resamples, targets) 0 where the class, or all others, are missing
    """
    drawn = np.zeros((resamples, len(classes)))
    for label in range(risks.shape[1] - 1, -1, -1):
        members = np.flatnonzero(classes == label)
        if members.size not in (0, len(classes)):
            drawn[:, members] = random.multinomial(members.size, np.full(members.size, 1 / members.size), resamples)
    u = np.zeros((resamples, len(targets)))
    for place, label in enumerate(targets):
        positive = classes == label
        positives, negatives = split(risks[:, label], positive)
        if positives.size and negatives.size:
            wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
            u[:, place] = ((drawn[:, positive] @ wins) * drawn[:, ~positive]).sum(axis=1)
    return u
