"""Grey levels of a region: PyRadiomics' discretization, once for all feature classes instead of once for each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GreyLevels:
    """Discretized image and the levels that occur in the region."""

    matrix: NDArray[np.int_]
    """Level of each voxel from 1, 0 outside the region."""
    present: NDArray[np.int_]


def number_of_bins(values: NDArray[np.floating], bin_width: float, bin_count: int | None) -> int:
    """How many bins the values of a region span."""
    if bin_count is not None:
        return bin_count
    return int(np.floor(values.max() / bin_width) - np.floor(values.min() / bin_width)) + 1


def grey_levels(
    image: NDArray[np.floating], inside: NDArray[np.bool_], bin_width: float, bin_count: int | None
) -> GreyLevels:
    """Discretize the voxels of a region.

    Parameters
    ----------
    image : (z, y, x)
    inside : (z, y, x) region, not empty
    bin_width : bins of this width, the first beginning at the multiple of it at or under the minimum
    bin_count : where given, this many bins from minimum to maximum instead

    Reference: PyRadiomics `imageoperations.binImage`, number for number; IBSI's fixed bin size differs from it by
    beginning at the minimum itself.
    """
    values = image[inside]
    if bin_count is not None:
        edges = np.histogram_bin_edges(values, bin_count)
        edges[-1] += 1
    else:
        minimum, maximum = values.min(), values.max()
        edges = np.arange(minimum - minimum % bin_width, maximum + 2 * bin_width, bin_width)
    matrix = np.zeros(image.shape, np.int_)
    matrix[inside] = np.digitize(values, edges)
    return GreyLevels(matrix, np.unique(matrix[inside]))
