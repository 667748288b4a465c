"""Features of the histogram of a region's grey levels.

Reference: IBSI reference manual, arXiv:1612.07003, "Intensity histogram features" (ZVCW).
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.statistics import STATISTICS, statistics

# Of levels, IBSI defines no energy and no root mean square.
_OF_LEVELS = tuple(name for name in STATISTICS if name not in ("Energy", "RootMeanSquared"))
HISTOGRAM = (
    *_OF_LEVELS,
    "Mode",
    "MaximumGradient",
    "MaximumGradientLevel",
    "MinimumGradient",
    "MinimumGradientLevel",
)


def histogram(levels: NDArray[np.int_], count: int) -> dict[str, float]:
    """Features of the levels of a region.

    Parameters
    ----------
    levels : (n,) from 1, not empty
    count : bins

    Returns
    -------
    each of `HISTOGRAM`; the gradients are NaN where there is one bin only
    """
    values = statistics(levels.astype(np.float64))
    voxels = np.bincount(levels, minlength=count + 1)[1:]
    # Of several modes the one that lies nearest to the mean.
    modes = np.flatnonzero(voxels == voxels.max()) + 1
    features = {name: values[name] for name in _OF_LEVELS}
    features["Mode"] = float(modes[np.argmin(np.abs(modes - values["Mean"]))])
    gradient = np.gradient(voxels.astype(np.float64)) if len(voxels) > 1 else np.array([np.nan])
    steepest, falling = int(np.argmax(gradient)), int(np.argmin(gradient))
    known = len(voxels) > 1
    return features | {
        "MaximumGradient": float(gradient[steepest]),
        "MaximumGradientLevel": steepest + 1.0 if known else np.nan,
        "MinimumGradient": float(gradient[falling]),
        "MinimumGradientLevel": falling + 1.0 if known else np.nan,
    }


def entropy_and_uniformity(levels: NDArray[np.int_]) -> dict[str, float]:
    """Entropy in bits, and uniformity, of the shares of the levels."""
    share = np.bincount(levels) / len(levels)
    share = share[share > 0]
    return {"Entropy": float(-(share * np.log2(share)).sum()), "Uniformity": float((share**2).sum())}
