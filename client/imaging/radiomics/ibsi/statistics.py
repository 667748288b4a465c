"""Statistics of a region's intensities.

Reference: IBSI reference manual, arXiv:1612.07003, "Intensity-based statistical features" (UHIW).
"""

import numpy as np
from numpy.typing import NDArray

STATISTICS = (
    "Mean",
    "Variance",
    "Skewness",
    "Kurtosis",
    "Median",
    "Minimum",
    "10Percentile",
    "90Percentile",
    "Maximum",
    "InterquartileRange",
    "Range",
    "MeanAbsoluteDeviation",
    "RobustMeanAbsoluteDeviation",
    "MedianAbsoluteDeviation",
    "CoefficientOfVariation",
    "QuartileCoefficientOfDispersion",
    "Energy",
    "RootMeanSquared",
)


def statistics(values: NDArray[np.floating]) -> dict[str, float]:
    """Statistics by name.

    Parameters
    ----------
    values : (n,) intensities, not empty

    Returns
    -------
    each of `STATISTICS`; NaN where a quotient has no value. The kurtosis is the excess over a normal distribution's.
    """
    values = np.asarray(values, np.float64)
    mean = float(values.mean())
    deviation = values - mean
    variance = float(np.mean(deviation * deviation))
    p10, p25, median, p75, p90 = (float(value) for value in np.percentile(values, [10, 25, 50, 75, 90]))
    least, greatest = float(values.min()), float(values.max())
    within = values[(values >= p10) & (values <= p90)]
    third, fourth = float(np.mean(deviation**3)), float(np.mean(deviation**4))
    energy = float(values @ values)
    return {
        "Mean": mean,
        "Variance": variance,
        "Skewness": _quotient(third, variance**1.5),
        "Kurtosis": _quotient(fourth, variance**2) - 3,
        "Median": median,
        "Minimum": least,
        "10Percentile": p10,
        "90Percentile": p90,
        "Maximum": greatest,
        "InterquartileRange": p75 - p25,
        "Range": greatest - least,
        "MeanAbsoluteDeviation": float(np.abs(deviation).mean()),
        "RobustMeanAbsoluteDeviation": float(np.abs(within - within.mean()).mean()) if within.size else np.nan,
        "MedianAbsoluteDeviation": float(np.abs(values - median).mean()),
        "CoefficientOfVariation": _quotient(float(np.sqrt(variance)), mean),
        "QuartileCoefficientOfDispersion": _quotient(p75 - p25, p75 + p25),
        "Energy": energy,
        "RootMeanSquared": float(np.sqrt(energy / len(values))),
    }


def _quotient(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else np.nan
