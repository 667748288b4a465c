"""Stability selection: features that a penalised model chooses in most halves of the patients.

Reference: Meinshausen and Buehlmann, J R Stat Soc B 72 (2010) 417; complementary pairs, Shah and Samworth, J R Stat
Soc B 75 (2013) 55.
"""

import numpy as np

from shared.arrays import Array


def halves(classes: Array, pairs: int, random: np.random.Generator) -> Array:
    """Halves of a site's patients, in complementary pairs, stratified by class.

    Parameters
    ----------
    classes : (patients,)
    pairs : how often the patients are split
    random : splits; an odd one out goes by chance

    Returns
    -------
    (2 pairs, patients) Boolean
    """
    first = np.zeros((pairs, len(classes)), dtype=bool)
    for split in first:
        for one in np.unique(classes):
            rows = random.permutation(np.flatnonzero(classes == one))
            split[rows[: (len(rows) + int(random.integers(2))) // 2]] = True
    return np.concatenate([first, ~first])


def frequencies(coefficients: Array, most: int) -> Array:
    """How often each feature is among the first that enter.

    Parameters
    ----------
    coefficients : (halves, penalties, features) along falling penalties
    most : features that a half may choose: the path is followed while there are no more

    Returns
    -------
    (features,) share of halves
    """
    used = np.logical_or.accumulate(coefficients != 0, axis=1)
    few = used.sum(axis=2, keepdims=True) <= most
    return np.asarray((used & few).any(axis=1).mean(axis=0))


def false_ones(most: int, features: int, threshold: float) -> float:
    """Upper bound on the expected number of noise features that pass (Meinshausen and Buehlmann, theorem 1).

    Parameters
    ----------
    most : features that a half may choose
    features : offered
    threshold : share of halves, over one half
    """
    return most**2 / ((2 * threshold - 1) * features)
