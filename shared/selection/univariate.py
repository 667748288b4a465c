"""How much the classes differ in one feature at a time: analysis of variance, from the moments of each class.

With two classes F is the square of Student's t. For a continuous endpoint the same test is that of the correlation.
"""

import numpy as np
from scipy.stats import f as f_distribution

from shared.arrays import Array

LEAST_SPREAD = 1e-12
"""Sum of squares within classes, relative to the whole, under which a feature counts as without spread."""


def f_statistic(class_totals: Array, class_sums: Array, squares: Array) -> Array:
    """F of every feature in every fit.

    Parameters
    ----------
    class_totals : (fits, classes) training patients; an empty class is left aside
    class_sums : (fits, classes, features) sums
    squares : (fits, features) sums of squares over all classes

    Returns
    -------
    (fits, features); 0 where fewer than two classes have patients, or the feature does not vary within them
    """
    n = class_totals[..., None]
    filled = n > 0
    means = np.where(filled, class_sums / np.where(filled, n, 1.0), 0.0)
    total, groups = n.sum(axis=1), filled.sum(axis=1)
    grand = class_sums.sum(axis=1) / np.maximum(total, 1)
    within = squares - (n * means**2).sum(axis=1)
    between = (n * (means - grand[:, None, :]) ** 2).sum(axis=1)
    free = np.maximum(total - groups, 1)
    usable = (groups > 1) & (total > groups) & (within > LEAST_SPREAD * np.maximum(squares, np.finfo(float).tiny))
    return np.where(usable, (between / np.maximum(groups - 1, 1)) / np.where(usable, within / free, 1.0), 0.0)


def freedom(class_totals: Array, *, continuous: bool = False) -> tuple[Array, Array]:
    """(fits, 1) degrees of freedom of F, of what is explained and of the rest.

    Parameters
    ----------
    class_totals : (fits, classes) training patients
    continuous : whether the endpoint is a number
    """
    groups = (class_totals > 0).sum(axis=1, keepdims=True) + int(continuous)
    total = class_totals.sum(axis=1, keepdims=True)
    return np.maximum(groups - 1, 1), np.maximum(total - groups, 1)


def p_value(statistic: Array, free: tuple[Array, Array]) -> Array:
    """(fits, features) probability of an F this large where the endpoint does not depend on a feature.

    Parameters
    ----------
    statistic : (fits, features)
    free : of `freedom`
    """
    return np.asarray(f_distribution.sf(statistic, *free))


def f_of_outcome(count: Array, sums: Array, squares: Array, outcome: Array) -> Array:
    """F of every feature for a continuous endpoint: r^2 (n - 2) / (1 - r^2).

    Parameters
    ----------
    count : (fits,) training patients
    sums, squares : (fits, features) of the features
    outcome : (fits, features + 2) sum of the outcome, of its square, and of its product with each feature

    Returns
    -------
    (fits, features); 0 where either does not vary
    """
    n = np.maximum(count, 1)[:, None]
    y, yy, xy = outcome[:, :1], outcome[:, 1:2], outcome[:, 2:]
    spread = np.maximum(squares - sums**2 / n, 0.0) * np.maximum(yy - y**2 / n, 0.0)
    shared = (xy - sums * y / n) ** 2
    varying = spread > LEAST_SPREAD * np.maximum(squares * yy, np.finfo(float).tiny)
    explained = np.where(varying, shared / np.where(varying, spread, 1.0), 0.0).clip(0, 1 - 1e-15)
    return np.asarray(explained / (1 - explained) * np.maximum(n - 2, 0))


def discovered(p_values: Array, rate: float) -> Array:
    """Features whose difference is a discovery at a false discovery rate.

    Parameters
    ----------
    p_values : (..., features)
    rate : share of false ones among all discoveries, in expectation

    Returns
    -------
    (..., features) Boolean

    Reference: Benjamini and Hochberg, J R Stat Soc B 57 (1995) 289.
    """
    m = p_values.shape[-1]
    order = np.sort(p_values, axis=-1)
    below = order <= rate * np.arange(1, m + 1) / m
    last = np.where(below.any(axis=-1), m - 1 - np.argmax(below[..., ::-1], axis=-1), -1)
    limit = np.where(last >= 0, np.take_along_axis(order, last.clip(0)[..., None], axis=-1)[..., 0], -1.0)
    return np.asarray(p_values <= limit[..., None])
