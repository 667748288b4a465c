"""Cubic B-spline interpolation between grids whose axes are parallel: one small matrix an axis.

Reference: Unser, IEEE Signal Processing Magazine 16 (1999) 22, with mirrored boundaries, as ITK does.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import spline_filter1d

from client.imaging.volume import Geometry, Voxels

_PARALLEL = 1e-5
"""Largest part of a step along one axis that may point along another, in voxels a voxel."""


def parallel_axes(source: Geometry, target: Geometry) -> tuple[int, int, int] | None:
    """For each axis of the source (x, y, z) the axis of the target that runs along it; None where they are oblique."""
    step = (np.linalg.inv(source.affine) @ target.affine)[:3, :3]
    along = np.abs(step).argmax(axis=1)
    oblique = np.abs(step) > _PARALLEL * np.abs(step).max()
    oblique[np.arange(3), along] = False
    if oblique.any() or len(set(along.tolist())) != 3:
        return None
    x, y, z = along.tolist()
    return x, y, z


def interpolate(voxels: Voxels, source: Geometry, target: Geometry, axes: tuple[int, int, int]) -> Voxels:
    """Values of an image on another grid; 0 more than half a voxel outside the image.

    Parameters
    ----------
    voxels : (slices, rows, columns) of the source
    axes : from `parallel_axes`
    """
    to_source = np.linalg.inv(source.affine) @ target.affine
    values = voxels
    for axis in range(3):
        along = axes[axis]
        positions = to_source[axis, along] * np.arange(target.size[along]) + to_source[axis, 3]
        # matmul over the last axis, then round to the next one: x, y, z of the source in turn
        values = np.moveaxis(values @ interpolation_matrix(positions, source.size[axis]).T, -1, 0)
    # the axes now stand in the order z, y, x of the source, each as long as the target's axis along it
    order = [2 - axes.index(axis) for axis in (2, 1, 0)]
    return np.ascontiguousarray(np.transpose(values, order), dtype=np.float32)


def interpolation_matrix(positions: NDArray[np.float64], size: int) -> NDArray[np.float32]:
    """(n, size) from samples along a line to values at positions (in samples) along it."""
    inside = (positions >= -0.5) & (positions <= size - 0.5)
    if size == 1:
        return inside[:, np.newaxis].astype(np.float32)
    base = np.floor(positions).astype(int)
    offset = positions - base
    weights = np.zeros((len(positions), size))
    rows = np.arange(len(positions))
    for neighbour in (-1, 0, 1, 2):
        place = np.abs(base + neighbour) % (2 * size - 2)
        mirrored = np.minimum(place, 2 * size - 2 - place)
        np.add.at(weights, (rows, mirrored), _cubic(offset - neighbour))
    weights[~inside] = 0
    coefficients = spline_filter1d(np.eye(size), order=3, axis=0, mode="mirror")
    return np.asarray(weights @ coefficients, dtype=np.float32)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred cubic B-spline."""
    distance = np.abs(distance)
    near = 2 / 3 - distance**2 + distance**3 / 2
    return np.where(distance < 1, near, np.maximum(2 - distance, 0) ** 3 / 6)
