"""Patients who lack features: whom a study keeps.

Sums over those who have a feature, against sums over everybody, are about those who lack it. So a patient stays only
where enough patients of this site lack just the same features.
"""

import numpy as np

from shared.arrays import Array
from shared.sections.harmonization import Missing


def ways_of_missing(x: Array) -> tuple[Array, Array]:
    """Which features patients lack.

    Parameters
    ----------
    x : (n, features), NaN where missing

    Returns
    -------
    (ways, features) the different ways, True where a feature is missing; (n,) which of them each patient has
    """
    ways, own = np.unique(np.isnan(x), axis=0, return_inverse=True)
    return ways, own.reshape(-1)


def too_incomplete(x: Array, missing: Missing, least: int) -> Array:
    """(n,) patients whom a study leaves out for the features that they lack.

    Parameters
    ----------
    x : (n, features), NaN where missing
    missing : the study's choice
    least : fewest patients who have to lack the same features
    """
    ways, own = ways_of_missing(x)
    lacks = np.asarray(ways.any(axis=1))
    if missing is Missing.LEAVE_OUT:
        return np.asarray(lacks)[own]
    rare = np.bincount(own, minlength=len(ways)) < least
    return np.asarray(lacks & (rare | ways.all(axis=1)))[own]
