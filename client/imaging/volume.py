"""A volume in the patient's coordinates: voxels, and where in millimetres they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.float32]
Mask = NDArray[np.bool_]
Direction = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True)
class Geometry:
    """A regular grid in DICOM's patient coordinates (LPS: left, posterior, superior), x y z throughout.

    Parameters
    ----------
    size : voxels along each axis: columns, rows, slices
    spacing_mm : distance between voxels along each axis
    origin_mm : centre of the first voxel
    direction : row-major 3 x 3, its columns are the unit vectors of the axes
    """

    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: Direction

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of an array on this grid: slices, rows, columns."""
        return self.size[2], self.size[1], self.size[0]

    @property
    def affine(self) -> NDArray[np.float64]:
        """(4, 4) from voxel index (column, row, slice, 1) to millimetres (left, posterior, superior, 1)."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.reshape(self.direction, (3, 3)) * self.spacing_mm
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel."""
        return float(np.prod(self.spacing_mm)) / 1000

    def corners_mm(self) -> NDArray[np.float64]:
        """(8, 3) centres of the outermost voxels."""
        ends = np.array(np.meshgrid(*[(0, count - 1) for count in self.size], indexing="ij")).reshape(3, 8)
        return np.asarray((self.affine[:3, :3] @ ends).T + self.origin_mm)

    def agrees_with(self, other: "Geometry", tolerance_mm: float = 0.01) -> bool:
        """Whether the voxels of both lie at the same places, within a tolerance at every corner."""
        if self.size != other.size:
            return False
        return bool(np.abs(self.corners_mm() - other.corners_mm()).max() <= tolerance_mm)


def axes(orientation: Sequence[float]) -> Direction:
    """Direction of a grid from DICOM's image orientation (along the row, along the column): slices follow their
    cross product.
    """
    row, column = np.array(orientation[:3], dtype=float), np.array(orientation[3:], dtype=float)
    across = np.cross(row, column)
    matrix = np.array([row, column, across / np.linalg.norm(across)]).T
    return cast(Direction, tuple(matrix.ravel().tolist()))


@dataclass(frozen=True)
class Volume:
    """Voxel values on a grid.

    Parameters
    ----------
    voxels : (slices, rows, columns)
    geometry : where they lie
    unit : what the numbers mean; `a.u.` for a signal whose scale differs between scanners
    """

    voxels: Voxels
    geometry: Geometry
    unit: str = "a.u."

    def __post_init__(self) -> None:
        assert self.voxels.shape == self.geometry.shape, (self.voxels.shape, self.geometry.shape)
