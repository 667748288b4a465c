"""Minimum redundancy, maximum relevance for an outcome that is a number: from F and from correlations of features.

Counts of levels would need the outcome cut into levels too. The form for continuous data takes the test of the
correlation with the outcome as relevance and the mean size of the correlation with the chosen ones as redundancy, and
divides one by the other: both follow from products that are summed anyway, so that it costs nothing.

Reference: Ding and Peng, J Bioinform Comput Biol 3 (2005) 185, F-test correlation quotient (FCQ); for outcomes that are
numbers with the F of the correlation, Zhao, Anand and Wang, IEEE DSAA (2019) 442.
"""

import numpy as np

from shared.arrays import Array

LEAST_REDUNDANCY = 1e-3
"""Features that correlate less, in size, count as correlating so: else whoever correlates with none always wins."""
_TIE = 1e-9


def most_relevant(strength: Array, correlation: Array, usable: Array, keep: int) -> Array:
    """Choose features one after another, each with the largest F for what it has in common with the chosen ones.

    Parameters
    ----------
    strength : (features,) F of each feature's correlation with the outcome
    correlation : (features, features)
    usable : (features,) that may be chosen
    keep : how many

    Returns
    -------
    (at most keep,) features, in the order in which they were chosen; the first of equal ones
    """
    common = np.zeros(len(usable))
    chosen: list[int] = []
    left = usable.copy()
    while left.any() and len(chosen) < keep:
        worth = np.where(left, strength / (common / len(chosen) if chosen else 1.0), -1.0)
        # equal ones tie, whatever the order in which their sums were added
        best = int(np.argmax(worth >= worth.max() * (1 - _TIE)))
        chosen.append(best)
        left[best] = False
        common += np.maximum(np.abs(correlation[best]), LEAST_REDUNDANCY)
    return np.array(chosen, dtype=np.int64)
