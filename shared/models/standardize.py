"""Mean and standard deviation of the harmonized features over the training patients of every fit, from sums."""

from dataclasses import dataclass

import numpy as np

from shared.arrays import Array

CONSTANT = 1e-12
"""Variance, relative to the mean square, under which a feature counts as constant."""


@dataclass(frozen=True)
class Standard:
    """Mean and standard deviation (ddof 0, as scikit-learn's StandardScaler) of every feature in every fit.

    Parameters
    ----------
    mean : (fits, features)
    sd : (fits, features); 1 where the feature is constant
    constant : (fits, features)
    """

    mean: Array
    sd: Array
    constant: Array


def standard(count: Array, sum_u: Array, sum_uu: Array) -> Standard:
    """Standardize from sums.

    The features come in units in which their spread is near one and their mean near zero (the harmonized scale), so
    that the difference of squares keeps its digits.

    Parameters
    ----------
    count : (fits,) training patients
    sum_u, sum_uu : (fits, features) sums and sums of squares
    """
    patients = np.maximum(count, 1)[:, None]
    mean = sum_u / patients
    square = sum_uu / patients
    variance = square - mean**2
    constant = variance <= CONSTANT * np.maximum(square, np.finfo(float).tiny)
    return Standard(mean, np.sqrt(np.where(constant, 1.0, variance)), constant)
