"""The mean of a cube of voxels.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Mean filter" (S60F).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters.boundary import convolve_line
from shared.sections.ibsi import Boundary

Array = NDArray[np.float64]


def mean(voxels: Array, support: int, axes: Sequence[int], boundary: Boundary) -> Array:
    """Mean around each voxel.

    Parameters
    ----------
    voxels : (z, y, x)
    support : voxels along each side, odd
    axes : over which
    boundary : beyond the edges
    """
    for axis in axes:
        voxels = convolve_line(voxels, np.full(support, 1 / support), axis, boundary)
    return voxels
