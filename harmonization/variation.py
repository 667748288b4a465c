"""Does a feature differ between sites or scanners: analysis of variance and Levene's test, from sums.

A site adds up, over its own groups, how far each group's mean lies from an agreed centre; only the sums over
all its groups leave. Levene's test is the same analysis on distances from the group's own centre.

References: Snedecor and Cochran, Statistical Methods (1989), section 12; Brown and Forsythe, J Am Stat Assoc
69 (1974) 364; Benjamini and Hochberg, J R Stat Soc B 57 (1995) 289.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from harmonization.array import Array, Labels, Mask
from harmonization.federated import Totals
from harmonization.sums import Sums


@dataclass(frozen=True)
class GroupSums(Sums):
    """Sums over the groups of a site; those of sites add up. May carry leading axes."""

    groups: Array
    """(..., f) groups with a value"""
    count: Array
    """(..., f) patients with a value"""
    shift: Array
    """(..., f) sum over patients of the distance from the agreed centre"""
    between: Array
    """(..., f) sum over groups of n (mean - centre)^2"""
    within: Array
    """(..., f) sum over patients of (value - mean of the group)^2"""


@dataclass(frozen=True)
class Test:
    """A test of every feature."""

    statistic: Array
    """(..., f) F; NaN where nothing varies within groups"""
    p: Array
    """(..., f); 1 where nothing varies at all"""
    share: Array
    """(..., f) of the sum of squares that the groups explain (eta squared)"""


def group_sums(x: Array, group: Labels, centre: Array) -> GroupSums:
    """Sums of one site over its groups.

    Parameters
    ----------
    x : (n, f), NaN where missing
    group : (n,) site or scanner of each patient
    centre : (f,) agreed; any will do, and near the mean the digits are best kept
    """
    present = ~np.isnan(x)
    distance = np.where(present, x - centre, 0.0)
    nothing = np.zeros(x.shape[1])
    sums = GroupSums(nothing, nothing, nothing, nothing, nothing)
    for label in np.unique(group):
        mine = group == label
        n, total = present[mine].sum(axis=0).astype(np.float64), distance[mine].sum(axis=0)
        mean = total / np.maximum(n, 1)
        deviation = np.where(present[mine], distance[mine] - mean, 0.0)
        sums += GroupSums((n > 0) * 1.0, n, total, total * mean, (deviation**2).sum(axis=0))
    return sums


def deviations(x: Array, group: Labels) -> Array:
    """Absolute distances from the median of the group, for Levene's test as Brown and Forsythe made it robust.

    Parameters
    ----------
    x, group : as for `group_sums`

    Returns
    -------
    (n, f) to put into `group_sums`
    """
    out = np.empty(x.shape)
    for label in np.unique(group):
        mine = group == label
        values = x[mine]
        missing = np.isnan(values)
        # numpy takes the median of complete columns far faster.
        median = (
            np.nanmedian(np.where(missing.all(axis=0), 0.0, values), axis=0)
            if missing.any()
            else np.median(values, axis=0)
        )
        out[mine] = np.abs(values - median)
    return out


def anova(sums: GroupSums) -> Test:
    """One-way analysis of variance.

    Parameters
    ----------
    sums : over all sites
    """
    between = sums.between - sums.shift**2 / np.maximum(sums.count, 1)
    # what rounding leaves of two equal sums is nothing
    between = np.where(between > 1e-12 * sums.between, between, 0.0)
    return _test(between, sums.within, sums.groups - 1, sums.count - sums.groups)


def effect_of_covariates(totals: Totals, beta: Array, batches: Array) -> Test:
    """Do covariates explain a feature beyond the batches: the F test of all their columns together.

    With the label's indicator as the only covariate this is the label's signal within batches.

    Parameters
    ----------
    totals : over all sites
    beta : (..., q, f) effects, from `federated.solve`
    batches : (..., f) number of batches that have each feature
    """
    q = np.asarray(float(beta.shape[-2]))
    left = np.maximum(totals.residual_squares(beta), 0.0)
    free = totals.feature_count - batches - q
    return _test(np.maximum(totals.sxx - left, 0.0), left, q, free)


def _test(explained: Array, left: Array, freedom: Array, freedom_left: Array) -> Test:
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (explained / freedom) / (left / freedom_left)
        share = explained / (explained + left)
    flat = explained + left == 0
    p = np.where(flat, 1.0, np.where(left == 0, 0.0, fdtrc(freedom, freedom_left, statistic)))
    return Test(np.where(left > 0, statistic, np.nan), p, np.where(flat, 0.0, share))


def bonferroni(p: Array, level: float = 0.05) -> Mask:
    """(f,) features that differ, with one wrong call in `level` tables at most."""
    return np.asarray(p * p.shape[-1] < level)


def false_discovery(p: Array, level: float = 0.05) -> Mask:
    """(f,) features that differ, with a share of `level` wrong calls among them at most (Benjamini-Hochberg)."""
    order = np.argsort(p)
    under = np.flatnonzero(p[order] <= level * np.arange(1, len(p) + 1) / len(p))
    discovered = np.zeros(len(p), dtype=bool)
    discovered[order[: under[-1] + 1 if len(under) else 0]] = True
    return discovered
