"""How much of a feature's variance the site explains, from each site's histogram.

Reference: one-way analysis of variance, Fisher (1925), on values grouped at the middle of their range.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution


@dataclass(frozen=True)
class SiteEffect:
    """Moments of each site and what sets the sites apart.

    Attributes
    ----------
    means, sds : (sites,) NaN where a site has no value, or fewer than two
    explained : eta squared, between-site over total sum of squares; NaN for a constant feature
    p_value : of equal means; NaN where sites or values are too few
    """

    means: NDArray[np.float64]
    sds: NDArray[np.float64]
    explained: float
    p_value: float


def site_effect(edges: NDArray[np.float64], counts: NDArray[np.int64]) -> SiteEffect:
    """Analysis of variance of grouped values.

    Parameters
    ----------
    edges : (bins + 1,) limits of the ranges, rising and finite
    counts : (sites, bins) patients
    """
    middle = (edges[1:] + edges[:-1]) / 2
    n = counts.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = counts @ middle / n
        within = (counts * (middle - means[:, None]) ** 2).sum(1)
        sds = np.sqrt(within / np.where(n > 1, n - 1, np.nan))
    present = n > 0
    groups, patients = int(present.sum()), int(n.sum())
    grand = float(counts.sum(0) @ middle) / max(patients, 1)
    between = float((n[present] * (means[present] - grand) ** 2).sum())
    left = float(within[present].sum())
    explained = between / (between + left) if between + left > 0 else np.nan
    if groups < 2 or patients <= groups or not between + left > 0:
        return SiteEffect(means, sds, explained, np.nan)
    if left == 0:
        return SiteEffect(means, sds, explained, 0.0)
    ratio = (between / (groups - 1)) / (left / (patients - groups))
    return SiteEffect(means, sds, explained, float(f_distribution.sf(ratio, groups - 1, patients - groups)))
