"""Features that repeat others: of identical columns, and of those that others add up to, the first in order stays.

An L1 penalty does not say how identical columns share a coefficient: rounding does, and the last bit of a sum over
sites is not that of the pooled table. Which columns repeat others is found from the summed products that selection
needs anyway, so that every site and the coordinator leave the same ones out.
"""

import numpy as np

from shared.arrays import Array

SAME = 1e-6
"""Columns of which |r| is nearer to one are identical: a solver's tolerance cannot tell them apart."""
_EXPLAINED = 1e-8
"""Share of its variance under which what kept columns leave of one is rounding."""
_PATIENTS_PER_COLUMN = 2
"""Patients for each column from which on columns that add up to another do so by more than chance: with as many columns
as patients, any others do."""


def originals(correlation: Array, listed: Array, count: float) -> Array:
    """Which column each column of one fit repeats.

    Parameters
    ----------
    correlation : (s, s) of the training patients, 0 beside columns that do not vary
    listed : (s,) columns to look at
    count : training patients

    Returns
    -------
    (s,) place of the first column that is the same but for unit and sign; the column's own place where there is none.
    A column that several before it add up to has the place of that among them with which it correlates most
    """
    places = np.arange(len(correlation))
    same = (np.abs(correlation) >= 1 - SAME) & listed[:, None] & listed
    same[places, places] = True
    original = same.argmax(axis=0)
    distinct = np.flatnonzero(listed & (original == places))
    if len(distinct) * _PATIENTS_PER_COLUMN <= count:
        for place in _sums_of_others(correlation[np.ix_(distinct, distinct)]):
            before = distinct[:place]
            original[distinct[place]] = before[np.abs(correlation[before, distinct[place]]).argmax()]
        # whose original is left out itself follows it
        original = original[original]
    return np.asarray(original)


def _sums_of_others(correlation: Array) -> list[int]:
    """Columns that those before them explain, by Cholesky's factor, a column at a time."""
    left, explained = correlation.copy(), []
    for place in range(len(left)):
        pivot = left[place, place]
        if pivot <= _EXPLAINED:
            if place and correlation[place, place] > 0:
                explained.append(place)
            continue
        row = left[place, place + 1 :] / pivot
        left[place + 1 :, place + 1 :] -= row[:, None] * left[place, place + 1 :]
    return explained
