"""How many patients have a feature in each range, on the common scale: a distribution without values."""

import numpy as np

from shared.arrays import Array

LIMIT = 4.0
"""The grid spans -4 to 4 pooled within-batch standard deviations about the common mean."""

BINS = 18
"""Sixteen cells of half a standard deviation, and one for all that lies beyond at either end."""


def edges() -> Array:
    """(BINS + 1,) limits of the cells; the outer cells are open, their outer limits only there to be drawn."""
    width = 2 * LIMIT / (BINS - 2)
    return np.linspace(-LIMIT - width, LIMIT + width, BINS + 1)


def count(u: Array) -> Array:
    """Count patients in each cell.

    Parameters
    ----------
    u : (n, features) on the common scale

    Returns
    -------
    (features, BINS) whole numbers
    """
    cell = np.searchsorted(edges()[1:-1], u, side="right")
    return np.stack([np.bincount(column, minlength=BINS) for column in cell.T])
