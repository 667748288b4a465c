"""Boxes: the part of a volume that is needed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, ...]
"""A slice with start and stop for each axis."""

Mask = NDArray[np.bool_]


def bounding_box(inside: Mask) -> Box:
    """Smallest box around the voxels of a mask that is not empty."""
    box: list[slice] = []
    part = inside
    for axis in range(inside.ndim):
        occupied = np.flatnonzero(
            part.any(axis=tuple(dimension for dimension in range(inside.ndim) if dimension != axis))
        )
        box.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
        part = inside[tuple(box)]
    return tuple(box)


def union(boxes: Iterable[Box]) -> Box:
    """Smallest box around boxes."""
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides)) for sides in zip(*boxes, strict=True)
    )


def grown(box: Box, reach: int, shape: tuple[int, ...]) -> Box:
    """The box with `reach` voxels around it, as far as the volume goes."""
    return tuple(
        slice(max(side.start - reach, 0), min(side.stop + reach, length))
        for side, length in zip(box, shape, strict=True)
    )


def within(box: Box, outer: Box) -> Box:
    """The box in the indices of a larger one around it."""
    return tuple(slice(side.start - out.start, side.stop - out.start) for side, out in zip(box, outer, strict=True))


def shape_of(box: Box) -> tuple[int, ...]:
    """Shape of the part of a volume that a box cuts out."""
    return tuple(side.stop - side.start for side in box)
