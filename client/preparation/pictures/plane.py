"""The plane that a review looks at: the slice with most of the tumour, and a square around it."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.preprocess.itk import to_image
from client.imaging.radiomics.box import Mask, bounding_box
from client.imaging.volume import Geometry, Volume

_MARGIN_MM = 22.0
_SMALLEST_MM = 70.0
PIXELS = 224
"""Rows and columns of a picture of the square."""
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))
"""What lies towards the positive and the negative end of the patient's axes (LPS)."""


@dataclass(frozen=True)
class Plane:
    """A slice and a square in it.

    Parameters
    ----------
    number : of the slice
    top, left : of the square, in voxels; it may reach beyond the image
    rows, columns : of the square, in voxels
    """

    number: int
    top: float
    left: float
    rows: float
    columns: float

    @classmethod
    def through(cls, tumour: Mask, grid: Geometry) -> "Plane":
        """The slice with most of the tumour; the middle one without a tumour."""
        column_mm, row_mm = grid.spacing_mm[:2]
        if not tumour.any():
            depth, height, width = tumour.shape
            side_mm = max(height * row_mm, width * column_mm)
            return cls._square(depth // 2, (height - 1) / 2, (width - 1) / 2, side_mm, (row_mm, column_mm))
        number = int(tumour.sum(axis=(1, 2)).argmax())
        rows, columns = bounding_box(tumour)[1:]
        reach_mm = max((rows.stop - rows.start) * row_mm, (columns.stop - columns.start) * column_mm)
        side_mm = max(_SMALLEST_MM, reach_mm + 2 * _MARGIN_MM)
        middle = (rows.start + rows.stop - 1) / 2, (columns.start + columns.stop - 1) / 2
        return cls._square(number, *middle, side_mm, (row_mm, column_mm))

    @classmethod
    def _square(
        cls, number: int, row: float, column: float, side_mm: float, spacing_mm: tuple[float, float]
    ) -> "Plane":
        rows, columns = side_mm / spacing_mm[0], side_mm / spacing_mm[1]
        return cls(number, row + 0.5 - rows / 2, column + 0.5 - columns / 2, rows, columns)

    def cut(self, image: NDArray[np.floating], *, exact: bool = False) -> NDArray[np.floating]:
        """(PIXELS, PIXELS) square of a slice.

        Parameters
        ----------
        image : (rows, columns) of the slice
        exact : take the nearest voxel, NaN beyond the image: for maps, which may have no value; otherwise
            interpolate linearly, 0 beyond the image
        """
        step = np.array([self.rows, self.columns]) / PIXELS
        start = np.array([self.top, self.left]) + step / 2 - 0.5
        return np.asarray(
            ndimage.affine_transform(
                image, step, start, output_shape=(PIXELS, PIXELS), order=0 if exact else 1, cval=np.nan if exact else 0
            )
        )


def slice_of(volume: Volume, grid: Geometry, number: int) -> NDArray[np.float32]:
    """One slice of a grid, from a volume that lies on another; linear, 0 outside."""
    x, y, z = (grid.affine @ (0, 0, number, 1))[:3].tolist()
    thin = Geometry((*grid.size[:2], 1), grid.spacing_mm, (x, y, z), grid.direction)
    sampler = sitk.ResampleImageFilter()
    sampler.SetSize(thin.size)
    sampler.SetOutputSpacing(thin.spacing_mm)
    sampler.SetOutputOrigin(thin.origin_mm)
    sampler.SetOutputDirection(thin.direction)
    sampler.SetInterpolator(sitk.sitkLinear)
    return np.asarray(sitk.GetArrayFromImage(sampler.Execute(to_image(volume)))[0], dtype=np.float32)


def edges(grid: Geometry) -> dict[str, str]:
    """Letters of the patient's directions at the right, left, bottom and top edge of a slice."""
    along, down = np.reshape(grid.direction, (3, 3)).T[:2]
    right, bottom = (_LETTERS[int(np.abs(way).argmax())] for way in (along, down))
    right_positive, bottom_positive = (way[np.abs(way).argmax()] > 0 for way in (along, down))
    return {
        "right": right[not right_positive],
        "left": right[bool(right_positive)],
        "bottom": bottom[not bottom_positive],
        "top": bottom[bool(bottom_positive)],
    }
