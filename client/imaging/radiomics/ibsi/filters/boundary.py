"""What lies beyond the edge of an image, as a filter sees it.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Boundary conditions".
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal import oaconvolve

from shared.sections.ibsi import Boundary

Array = NDArray[np.float64]


# scipy's names: its `reflect` repeats the voxel at the edge, as IBSI's mirror does.
_LINES: dict[Boundary, Literal["constant", "nearest", "grid-wrap", "reflect"]] = {
    Boundary.ZERO: "constant",
    Boundary.NEAREST: "nearest",
    Boundary.PERIODIC: "grid-wrap",
    Boundary.MIRROR: "reflect",
}
_PADS: dict[Boundary, Literal["constant", "edge", "wrap", "symmetric"]] = {
    Boundary.ZERO: "constant",
    Boundary.NEAREST: "edge",
    Boundary.PERIODIC: "wrap",
    Boundary.MIRROR: "symmetric",
}


def convolve_line(voxels: Array, kernel: Array, axis: int, boundary: Boundary) -> Array:
    """Convolution along one axis; an even kernel is centred on the voxel behind its middle.

    Parameters
    ----------
    voxels : any number of axes
    kernel : (taps,)
    axis : along which
    boundary : beyond the edges
    """
    return np.asarray(ndimage.convolve1d(voxels, kernel, axis=axis, mode=_LINES[boundary]))


def convolve(
    voxels: Array, kernel: NDArray[np.inexact], axes: Sequence[int], boundary: Boundary
) -> NDArray[np.inexact]:
    """Convolution over several axes with a kernel of odd sides.

    Parameters
    ----------
    voxels : (z, y, x)
    kernel : a side for each of `axes`
    axes : over which
    boundary : beyond the edges
    """
    margin = [(0, 0)] * voxels.ndim
    shape = [1] * voxels.ndim
    for axis, side in zip(axes, kernel.shape, strict=True):
        margin[axis] = (side // 2, side // 2)
        shape[axis] = side
    padded = np.pad(voxels, margin, mode=_PADS[boundary])
    return np.asarray(oaconvolve(padded, kernel.reshape(shape), mode="valid", axes=tuple(axes)))
