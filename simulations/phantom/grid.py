"""Voxel grids in the patient's coordinates, as DICOM's Image Plane module defines them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Plane(StrEnum):
    """Plane of the slices."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"


# Directions of increasing column index and increasing row index; LPS: +x left, +y posterior, +z superior.
_IN_PLANE: dict[Plane, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    Plane.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Plane.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    Plane.CORONAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
}


@dataclass(frozen=True)
class Grid:
    """A stack of slices.

    Attributes
    ----------
    shape : slices, rows, columns
    spacing_mm : between slices, between rows, between columns
    directions : (3, 3) unit vectors (LPS) of increasing slice, row and column index, one a row
    origin_mm : (3,) centre of the first voxel, LPS
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    directions: Array
    origin_mm: Array

    @classmethod
    def centred(
        cls,
        plane: Plane,
        shape: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        centre_mm: Array,
        tilt_deg: float = 0.0,
    ) -> "Grid":
        """Grid around a point, its slices turned about the patient's left-right axis by `tilt_deg`."""
        column, row = (np.array(vector) for vector in _IN_PLANE[plane])
        directions = np.stack([np.cross(column, row), row, column])
        angle = np.deg2rad(tilt_deg)
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
        directions = directions @ turn.T
        half = (np.array(shape) - 1) / 2 * np.array(spacing_mm)
        return cls(shape, spacing_mm, directions, centre_mm - half @ directions)

    def position_mm(self, slice_index: int) -> Array:
        """(3,) centre of the first voxel of a slice: DICOM's Image Position (Patient)."""
        return np.asarray(self.origin_mm + slice_index * self.spacing_mm[0] * self.directions[0])

    def points_mm(self) -> Array:
        """(slices, rows, columns, 3) centres of all voxels."""
        axes = [
            np.arange(count)[:, None] * spacing * direction
            for count, spacing, direction in zip(self.shape, self.spacing_mm, self.directions, strict=True)
        ]
        points: Array = self.origin_mm + (axes[0][:, None, None] + axes[1][None, :, None] + axes[2][None, None, :])
        return points
