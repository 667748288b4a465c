"""Whether features can be taken from a region; where not, why not."""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask, bounding_box
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.settings import AnySettings


def region_of(mask: NDArray[np.generic]) -> Mask | Missing:
    """Voxels of a mask with one label, or why it has no region.

    Parameters
    ----------
    mask : (z, y, x), zero outside the region and one other value inside
    """
    inside = mask != 0
    labels = mask[inside]
    if labels.size == 0:
        return Missing.EMPTY_REGION
    return Missing.SEVERAL_LABELS if (labels != labels[0]).any() else np.asarray(inside)


def unfit_region(inside: Mask, settings: AnySettings) -> Missing | None:
    """Why a region cannot be used under the settings, or None."""
    count = np.count_nonzero(inside)
    if count < settings.minimum_voxels:
        return Missing.TOO_SMALL
    if count == 1:
        return Missing.ONE_VOXEL
    flat_axes = sum(side.stop - side.start == 1 for side in bounding_box(inside))
    return Missing.SINGLE_SLICE if flat_axes > (1 if settings.within_slices else 0) else None


def unfit_values(voxels: NDArray[np.floating], inside: Mask) -> Missing | None:
    """Why the values of a region cannot be used, or None."""
    values = voxels[inside]
    return Missing.CONSTANT if values.min() == values.max() else None
