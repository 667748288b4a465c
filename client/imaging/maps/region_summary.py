"""Summary features of a map in a region, beside the radiomics."""

import numpy as np

from client.imaging.maps.acquisition import Mask
from client.imaging.maps.quantity import Volume

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
ENTROPY_BINS = 64


def region_summary(volume: Volume, region: Mask) -> dict[str, float]:
    """Mean, spread, percentiles, skewness, kurtosis and entropy of the plausible voxels of a region.

    Parameters
    ----------
    volume : (...) a map
    region : (...) where to look

    Returns
    -------
    Values by name, in the map's unit where they have one: `mean`, `standard_deviation`, `minimum`, `maximum`,
    `p5` to `p95`, `skewness` and `excess_kurtosis` (moments of the population), and `entropy` (bits, over 64 bins of
    the quantity's physiological range, so that it means the same at every site). NaN where no voxel is left.
    """
    inside = volume.values[region]
    values = inside[volume.quantity.plausible(inside)].astype(np.float64)
    names = ("mean", "standard_deviation", "minimum", "maximum", "skewness", "excess_kurtosis", "entropy")
    summary = dict.fromkeys((*names, *(f"p{percentile}" for percentile in PERCENTILES)), float("nan"))
    if not values.size:
        return summary
    mean, spread = values.mean(), values.std()
    summary["mean"], summary["standard_deviation"] = float(mean), float(spread)
    summary["minimum"], summary["maximum"] = float(values.min()), float(values.max())
    for percentile, value in zip(PERCENTILES, np.percentile(values, PERCENTILES), strict=True):
        summary[f"p{percentile}"] = float(value)
    # A spread at the level of rounding has no shape.
    flat = spread <= 1e-6 * np.abs(values).max(initial=0)
    standard = np.zeros_like(values) if flat else (values - mean) / spread
    summary["skewness"] = float(np.mean(standard**3))
    summary["excess_kurtosis"] = 0.0 if flat else float(np.mean(standard**4) - 3)
    counts, _ = np.histogram(values, bins=ENTROPY_BINS, range=(volume.quantity.lowest, volume.quantity.highest))
    shares = counts[counts > 0] / values.size
    summary["entropy"] = float(-(shares * np.log2(shares)).sum())
    return summary
