"""Normal scores: a rank transform before ComBat, from counts instead of ranks.

Ranks need everybody's values; how many patients lie under each of some limits is a sum. A value becomes the normal
quantile of the share of patients under it, taken along straight lines between the limits. The transform is
continuous and increasing: ties stay ties, and the order of patients stays.

Reference: van der Waerden, Indag Math 14 (1952) 453; Beasley, Erickson and Allison, Behav Genet 39 (2009) 580.
"""

import numpy as np
from scipy.special import ndtri

from harmonization.array import Array

LIMITS: Array = np.sinh(np.linspace(-np.arcsinh(30.0), np.arcsinh(30.0), 201))
"""In agreed deviations about an agreed centre: 0.04 apart near it, and wider as values are rarer."""
CELLS = len(LIMITS) + 1
"""Between the limits, and beyond the outer ones."""
_FARTHEST = 1e3
"""Deviations at which the outer cells are taken to end; everything beyond has the same score."""


def cell_counts(u: Array) -> Array:
    """(f, CELLS) patients of one site in each cell; those of sites add up.

    Parameters
    ----------
    u : (n, f) features about an agreed centre in agreed deviations, NaN where missing
    """
    place = np.searchsorted(LIMITS, u, side="left")
    present = ~np.isnan(u)
    columns = zip(place.T, present.T, strict=True)
    counts = [np.bincount(cell[there], minlength=CELLS) for cell, there in columns]
    return np.array(counts, dtype=np.float64).reshape(u.shape[1], CELLS)


def normal_scores(u: Array, counts: Array) -> Array:
    """Transform features.

    Parameters
    ----------
    u : (n, f) as for `cell_counts`; NaN stays NaN
    counts : (f, CELLS) over all sites

    Returns
    -------
    (n, f) near standard normal; 0 where all patients share one cell
    """
    ends = np.concatenate([[-_FARTHEST], LIMITS, [_FARTHEST]])
    total = counts.sum(axis=1, keepdims=True)
    under = np.concatenate([np.zeros_like(total), np.cumsum(counts, axis=1)], axis=1)
    # Half a patient stays beyond either end, so that no score is infinite (Hazen's plotting position).
    share = np.clip(under / np.maximum(total, 1), 0.5 / np.maximum(total, 1), 1 - 0.5 / np.maximum(total, 1))
    out = np.empty(u.shape)
    for feature, column in enumerate(u.T):
        out[:, feature] = ndtri(np.interp(column, ends, share[feature])) if (counts[feature] > 0).sum() > 1 else 0.0
    return np.asarray(np.where(np.isnan(u), np.nan, out))
