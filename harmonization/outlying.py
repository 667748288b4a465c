"""Features whose batch effect is of another kind than all others': they neither lend to the prior nor borrow from it.

Empirical Bayes takes the effects of one batch on its features for draws from one distribution, and its moments follow
single features without bound. At a site of 11 patients eight features with variances of up to 79,446 times the pooled
one lifted the prior, and with it every other feature's variance, to fifty times what was measured.
"""

import numpy as np
from scipy.special import polygamma

from harmonization.array import Array, Mask

DEVIATIONS = 5.0
"""Robust standard deviations beyond which an effect is outlying: one of a million draws of a normal distribution."""
_LEAST_FACTOR = 10.0
"""Times the median by which a variance is larger, at least: less does not lift the prior of a handful of features."""
_LEAST_SHIFT = 10.0
"""Pooled standard deviations by which a mean lies away from the median, at least."""
_CONSISTENT = 1.4826
"""Median absolute deviation to standard deviation, of a normal distribution."""


def outlying(n: Array, gamma_hat: Array, delta_hat: Array) -> Mask:
    """Which features of a batch have a location or scale that is far from what the other features have.

    Parameters
    ----------
    n : (f,) values, 1 or more
    gamma_hat : (f,) location, in pooled standard deviations
    delta_hat : (f,) scale (a variance), over 0

    Returns
    -------
    (f,) True where the location, or the logarithm of the scale upwards, lies more than `DEVIATIONS` robust standard
    deviations from the median over features. That of the scale is never taken for less than what sampling makes of
    equal variances, trigamma((n - 1) / 2)

    Notes
    -----
    A scale near zero moves no moment of the prior, so that only large ones count. Reference of the robust standard
    deviation: Rousseeuw and Croux, J Am Stat Assoc 88 (1993) 1273.
    """
    logarithm = np.log(delta_hat)
    sampling = np.sqrt(polygamma(1, np.maximum(n - 1, 1) / 2))
    above, spread = _about_median(logarithm)
    wide = (above > DEVIATIONS * np.maximum(spread, sampling)) & (above > np.log(_LEAST_FACTOR))
    away, shift = _about_median(gamma_hat)
    far = (np.abs(away) > DEVIATIONS * shift) & (np.abs(away) > _LEAST_SHIFT)
    return np.asarray(wide | far)


def _about_median(values: Array) -> tuple[Array, float]:
    """Distances from the median, and their robust standard deviation."""
    distances = values - np.median(values)
    return distances, float(_CONSISTENT * np.median(np.abs(distances)))
