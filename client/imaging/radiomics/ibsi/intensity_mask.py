"""Re-segmentation: the voxels of a region whose intensities are measured, beside those that give it its shape.

Reference: IBSI reference manual, arXiv:1612.07003, "Re-segmentation".
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask

Range = tuple[float | None, float | None]
"""Lower and upper bound, both inside; None where there is none."""


def intensity_mask(
    voxels: NDArray[np.floating], inside: Mask, intensity_range: Range, outlier_sigma: float | None
) -> Mask:
    """Voxels of a region within a range of intensities and without outliers.

    Parameters
    ----------
    voxels : (z, y, x) before any filter
    inside : (z, y, x) region
    intensity_range : in the unit of the image
    outlier_sigma : standard deviations from the mean of the region, as drawn, beyond which a voxel is an outlier
    """
    low, high = intensity_range
    kept = inside.copy()
    if low is not None:
        kept &= voxels >= low
    if high is not None:
        kept &= voxels <= high
    if outlier_sigma is not None and inside.any():
        values = voxels[inside]
        mean, reach = values.mean(), outlier_sigma * values.std()
        kept &= (voxels >= mean - reach) & (voxels <= mean + reach)
    return kept
