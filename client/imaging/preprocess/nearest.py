"""A mask brought onto an image's grid, voxel by voxel the nearest."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from client.imaging.volume import Geometry, Mask, Volume
from shared.errors import Code, MrfedError

_ALIGNED = 1e-4
"""Off-diagonal part of the transform between grids under which their axes count as parallel."""
# A mask may end half a voxel outside an image whose grid is offset; more than that belongs to another image.
_OUTSIDE_VOXELS = 1.0


def onto_grid(mask: Volume, grid: Geometry, where: str) -> Mask:
    """Nearest mask voxel at every voxel of a grid.

    Parameters
    ----------
    mask : zeros and ones on its own grid
    grid : of the image
    where : patient and mask, for messages

    Raises
    ------
    MrfedError (DATA_INCONSISTENT) where the mask is empty, reaches beyond the image, or has no voxel left.
    """
    inside = np.argwhere(mask.voxels > 0)
    if not len(inside):
        raise MrfedError(Code.DATA_INCONSISTENT, f"{where}: the mask is empty; draw it")
    to_grid = np.linalg.inv(grid.affine) @ mask.geometry.affine
    places = to_grid[:3, :3] @ inside[:, ::-1].T + to_grid[:3, 3:]
    outside = np.maximum(-places, places - (np.reshape(grid.size, (3, 1)) - 1)).max()
    if outside > _OUTSIDE_VOXELS:
        raise MrfedError(
            Code.DATA_INCONSISTENT,
            f"{where}: the mask reaches {outside:.0f} voxels beyond the image: it was drawn on another one; "
            "export the mask that belongs to it",
        )
    on_grid = clipped(mask, grid)
    if not on_grid.any():
        raise MrfedError(
            Code.DATA_INCONSISTENT, f"{where}: no voxel of the mask is left on the image's grid; draw it finer"
        )
    return on_grid


def clipped(mask: Volume, grid: Geometry) -> Mask:
    """Nearest mask voxel at every voxel of a grid; what lies beyond the grid is cut off."""
    return _sample(mask.voxels > 0, np.linalg.inv(mask.geometry.affine) @ grid.affine, grid)


def _sample(mask: Mask, from_grid: NDArray[np.floating], grid: Geometry) -> Mask:
    """Mask at the voxel that each grid voxel falls into; False outside."""
    scale = from_grid[:3, :3]
    if np.abs(scale - np.diag(np.diag(scale))).max() < _ALIGNED:
        aligned = np.zeros(grid.shape, dtype=bool)
        targets, sources = [], []
        for axis in (2, 1, 0):  # slices, rows, columns
            index = np.rint(scale[axis, axis] * np.arange(grid.size[axis]) + from_grid[axis, 3]).astype(int)
            valid = (index >= 0) & (index < mask.shape[2 - axis])
            targets.append(np.flatnonzero(valid))
            sources.append(index[valid])
        aligned[np.ix_(*targets)] = mask[np.ix_(*sources)]
        return aligned
    z, y, x = np.indices(grid.shape, sparse=True)
    coordinates = [
        scale[axis, 0] * x + scale[axis, 1] * y + scale[axis, 2] * z + from_grid[axis, 3] for axis in (2, 1, 0)
    ]
    sampled = map_coordinates(mask.astype(np.uint8), np.broadcast_arrays(*coordinates), order=0, cval=0)
    return np.asarray(sampled > 0)
