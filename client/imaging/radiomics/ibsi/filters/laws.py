"""Laws' kernels and the energy of their responses.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Laws kernels" (JTXT).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters.boundary import convolve_line
from client.imaging.radiomics.ibsi.filters.mean import mean
from client.imaging.radiomics.ibsi.filters.rotation import pool, rotated
from shared.sections.ibsi import Boundary, Pooling

Array = NDArray[np.float64]

KERNELS = {
    "L5": np.array([1, 4, 6, 4, 1]) / np.sqrt(70),
    "E5": np.array([-1, -2, 0, 2, 1]) / np.sqrt(10),
    "S5": np.array([-1, 0, 2, 0, -1]) / np.sqrt(6),
    "W5": np.array([-1, 2, 0, -2, 1]) / np.sqrt(10),
    "R5": np.array([1, -4, 6, -4, 1]) / np.sqrt(70),
    "L3": np.array([1, 2, 1]) / np.sqrt(6),
    "E3": np.array([-1, 0, 1]) / np.sqrt(2),
    "S3": np.array([-1, 2, -1]) / np.sqrt(6),
}
"""Level, edge, spot, wave and ripple, each of length one."""
REACH = 2


def kernels_of(names: str) -> tuple[str, ...]:
    """Kernels along x, y and, in a volume, z: `L5E5S5`."""
    return tuple(names[start : start + 2] for start in range(0, len(names), 2))


def laws(voxels: Array, names: str, axes: Sequence[int], boundary: Boundary, pooling: Pooling | None) -> Array:
    """Response to a product of kernels.

    Parameters
    ----------
    voxels : (z, y, x)
    names : kernels along the axes
    axes : x, y and, in a volume, z
    boundary : beyond the edges
    pooling : over right-angled rotations; None for the filter as it stands
    """
    kernels = [KERNELS[name] for name in kernels_of(names)]
    positions = [tuple(kernels)] if pooling is None else rotated(kernels)
    return pool((_response(voxels, position, axes, boundary) for position in positions), pooling or Pooling.MEAN)


def energy(response: Array, distance: int, axes: Sequence[int], boundary: Boundary) -> Array:
    """Mean absolute response as far as `distance` voxels away along each axis."""
    return mean(np.abs(response), 2 * distance + 1, axes, boundary)


def _response(voxels: Array, kernels: tuple[Array, ...], axes: Sequence[int], boundary: Boundary) -> Array:
    for kernel, axis in zip(kernels, axes, strict=True):
        voxels = convolve_line(voxels, kernel, axis, boundary)
    return voxels
