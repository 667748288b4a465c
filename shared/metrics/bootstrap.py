"""Bootstrap within sites: patients drawn anew with replacement, each class of each site on its own.

The sites' numbers of pairs stay as they are, so that the sites' U of one resample add up as those of the patients do.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3 (percentile interval).
"""

import numpy as np
from numpy.typing import NDArray

from shared.metrics.scores import split


def resampled_u(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Mann-Whitney U of each resample of one site.

    Parameters
    ----------
    scores, positive : (n,)
    resamples : how many
    random : draws

    Returns
    -------
    (resamples,) all 0 where a class is missing
    """
    positives, negatives = split(scores, positive)
    if not positives.size or not negatives.size:
        return np.zeros(resamples)
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    drawn_positives = random.multinomial(positives.size, np.full(positives.size, 1 / positives.size), resamples)
    drawn_negatives = random.multinomial(negatives.size, np.full(negatives.size, 1 / negatives.size), resamples)
    return np.asarray(((drawn_positives @ wins) * drawn_negatives).sum(axis=1), dtype=np.float64)


def interval(u: NDArray[np.float64], pairs: float) -> tuple[float, float]:
    """95 % percentile interval of the site-stratified AUC.

    Parameters
    ----------
    u : (resamples,) sums over the sites
    pairs : of all sites
    """
    low, high = np.quantile(u / pairs, [0.025, 0.975])
    return float(low), float(high)
