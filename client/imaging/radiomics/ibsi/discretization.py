"""Grey levels of a region: a fixed number of bins, or bins of a fixed size.

Reference: IBSI reference manual, arXiv:1612.07003, "Intensity discretisation".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask


@dataclass(frozen=True)
class Bins:
    """How intensities become grey levels; one of the two is given, or neither where intensities are levels already.

    Parameters
    ----------
    count : so many bins between the least and the greatest intensity of the region
    width : bins of this size, in the unit of the image
    """

    count: int | None = None
    width: float | None = None


@dataclass(frozen=True)
class Levels:
    """A discretized region.

    Parameters
    ----------
    matrix : (z, y, x) level of each voxel from 1; 0 outside the region
    count : bins, those in which no voxel lies included
    """

    matrix: NDArray[np.int_]
    count: int


def discretize(voxels: NDArray[np.floating], inside: Mask, bins: Bins, lowest: float | None = None) -> Levels:
    """Grey levels of a region.

    Parameters
    ----------
    voxels : (z, y, x)
    inside : (z, y, x), not empty
    bins : number or size
    lowest : where bins of a fixed size begin: the lower bound of re-segmentation; None for the region's minimum
    """
    values = np.asarray(voxels[inside], np.float64)
    levels, count = level_of(values, bins, lowest)
    matrix = np.zeros(inside.shape, np.int_)
    matrix[inside] = levels
    return Levels(matrix, count)


def level_of(values: NDArray[np.float64], bins: Bins, lowest: float | None = None) -> tuple[NDArray[np.int_], int]:
    """Level of each intensity of a region, and the number of bins."""
    least, greatest = float(values.min()), float(values.max())
    if bins.count is not None:
        if greatest == least:
            return np.ones(len(values), np.int_), bins.count
        level = np.floor(bins.count * ((values - least) / (greatest - least))).astype(np.int_) + 1
        return np.minimum(level, bins.count), bins.count
    width = 1.0 if bins.width is None else bins.width
    origin = (1.0 if bins.width is None else least) if lowest is None else lowest
    level = np.floor((values - origin) / width).astype(np.int_) + 1
    return level, int(level.max())


def number_of_bins(values: NDArray[np.floating], bins: Bins, lowest: float | None = None) -> int:
    """How many bins the intensities of a region span, before any of them is made."""
    if bins.count is not None:
        return bins.count
    width = 1.0 if bins.width is None else bins.width
    origin = float(values.min()) if lowest is None else lowest
    return int(min((float(values.max()) - origin) // width + 1, np.iinfo(np.int32).max))
