"""The grid that a region is measured on, its centre on that of the image, and interpolation onto it.

Reference: IBSI reference manual, arXiv:1612.07003, "Interpolation": aligned grid centres, B-splines, partial volumes
of the mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.box import Box, Mask, bounding_box, grown, shape_of
from client.imaging.radiomics.resampling import SpacingMm
from shared.sections.ibsi import Interpolation

_ENOUGH = 0.5
"""Share of a voxel that must lie in the drawn region."""
_ROUNDOFF = 1e-9
# The coefficients of a cubic B-spline decay by 0.268 a voxel: 1e-17 is left of what lies farther away.
_SPLINE_REACH = 30
_SAME = 1e-6
"""Relative difference of spacings that are the same: files hold them in single precision."""


_ORDER: dict[Interpolation, Literal[0, 1, 3]] = {
    Interpolation.NEAREST: 0,
    Interpolation.LINEAR: 1,
    Interpolation.CUBIC: 3,
}


@dataclass(frozen=True)
class Grid:
    """A grid and the one of the image that it is laid over; their centres are one point.

    Parameters
    ----------
    shape, spacing_mm : of the image, along each axis of the array
    new_spacing_mm : of the grid
    """

    shape: tuple[int, ...]
    spacing_mm: SpacingMm
    new_spacing_mm: SpacingMm

    @property
    def new_shape(self) -> tuple[int, ...]:
        """Voxels along each axis: as many as cover the image."""
        return tuple(
            max(int(np.ceil(length * old / new * (1 - _ROUNDOFF))), 1)
            for length, old, new in zip(self.shape, self.spacing_mm, self.new_spacing_mm, strict=True)
        )

    @property
    def resampled(self) -> bool:
        """Whether the grid is another one than the image's."""
        return not np.allclose(self.spacing_mm, self.new_spacing_mm, rtol=_SAME, atol=0)

    @property
    def step(self) -> NDArray[np.float64]:
        """Voxels of the image in a voxel of the grid."""
        return np.divide(self.new_spacing_mm, self.spacing_mm)

    @property
    def first(self) -> NDArray[np.float64]:
        """Where the grid's first voxel lies, in voxels of the image."""
        return np.asarray((np.subtract(self.shape, 1) - np.subtract(self.new_shape, 1) * self.step) / 2)

    def cover(self, box: Box) -> Box:
        """Voxels of the grid whose centres a box of the image may give a share to."""
        sides = []
        for side, first, step, length in zip(box, self.first, self.step, self.new_shape, strict=True):
            start = int(np.floor((side.start - 1 - first) / step))
            stop = int(np.ceil((side.stop - first) / step)) + 1
            sides.append(slice(min(max(start, 0), length - 1), max(min(stop, length), 1)))
        return tuple(sides)


def grid_of(shape: tuple[int, ...], spacing_mm: SpacingMm, wanted_mm: Sequence[float | None]) -> Grid:
    """Grid over an image.

    Parameters
    ----------
    shape, spacing_mm : of the image, along each axis of the array
    wanted_mm : spacing of the grid; None where an axis keeps the image's
    """
    new_mm = tuple(old if new is None else float(new) for new, old in zip(wanted_mm, spacing_mm, strict=True))
    grid = Grid(shape, spacing_mm, new_mm)
    return grid if grid.resampled else Grid(shape, spacing_mm, spacing_mm)


def interpolate(voxels: NDArray[np.generic], grid: Grid, box: Box, interpolation: Interpolation) -> NDArray[np.float64]:
    """An image on a part of the grid.

    Parameters
    ----------
    voxels : (z, y, x), finite; its edges continue outwards
    grid : over the image
    box : the part, in voxels of the grid
    interpolation : which spline

    Returns
    -------
    (box) intensities
    """
    if not grid.resampled:
        return np.asarray(voxels[box], np.float64)
    near, first = _surroundings(grid, box, _SPLINE_REACH if interpolation is Interpolation.CUBIC else 2)
    return _on(np.asarray(voxels[near], np.float64), first, grid.step, shape_of(box), interpolation)


def interpolate_mask(inside: Mask, grid: Grid, box: Box) -> Mask:
    """A mask on a part of the grid: voxels of which linear interpolation puts at least half inside."""
    if not grid.resampled:
        return inside[box]
    near, first = _surroundings(grid, box, 2)
    share = _on(inside[near].astype(np.float64), first, grid.step, shape_of(box), Interpolation.LINEAR)
    return np.asarray(share >= _ENOUGH - _ROUNDOFF)


def region_box(inside: Mask, grid: Grid) -> Box:
    """Part of the grid that may hold a region that is not empty."""
    box = bounding_box(inside)
    return grid.cover(box) if grid.resampled else box


def _surroundings(grid: Grid, box: Box, reach: int) -> tuple[Box, NDArray[np.float64]]:
    """Part of the image that decides a box of the grid, and the box's first voxel in it."""
    start = grid.first + np.array([side.start for side in box]) * grid.step
    last = grid.first + np.array([side.stop - 1 for side in box]) * grid.step
    within_image = tuple(
        slice(int(np.clip(np.floor(low), 0, length - 1)), int(np.clip(np.ceil(high), 0, length - 1)) + 1)
        for low, high, length in zip(start, last, grid.shape, strict=True)
    )
    near = grown(within_image, reach, grid.shape)
    return near, start - np.array([side.start for side in near])


def _on(
    voxels: NDArray[np.float64],
    first: NDArray[np.float64],
    step: NDArray[np.float64],
    shape: tuple[int, ...],
    interpolation: Interpolation,
) -> NDArray[np.float64]:
    # Half-way between two voxels, which aligned centres often are, the one before is the nearest: not the last bit.
    offset = first - _ROUNDOFF if interpolation is Interpolation.NEAREST else first
    return np.asarray(
        ndimage.affine_transform(
            voxels, step, offset=offset, output_shape=shape, order=_ORDER[interpolation], mode="nearest"
        )
    )
