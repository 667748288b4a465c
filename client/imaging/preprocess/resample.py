"""The common grid: its voxel size, and everything brought onto it."""

from dataclasses import replace

import numpy as np

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.interpolate import resampled
from client.imaging.volume import Geometry, Volume
from shared.sections.imaging import Resample


def declare_grid(images: PatientImages, settings: Resample) -> PatientImages:
    """Give the common grid another voxel size. Images are interpolated once, after all steps."""
    return replace(images, grid=regridded(images.grid, settings.spacing_mm))


def regridded(grid: Geometry, spacing_mm: tuple[float, float, float]) -> Geometry:
    """The grid with other spacing over the same extent, centres aligned (IBSI, section 2.4)."""
    old, new = np.array(grid.spacing_mm), np.array(spacing_mm)
    size = np.ceil(np.array(grid.size) * old / new - 1e-6).astype(int)
    centre_index = (np.array(grid.size) - 1) / 2
    direction = np.reshape(grid.direction, (3, 3))
    centre_mm = np.array(grid.origin_mm) + direction @ (centre_index * old)
    x, y, z = (centre_mm - direction @ ((size - 1) / 2 * new)).tolist()
    columns, rows, slices = size.tolist()
    return Geometry((columns, rows, slices), spacing_mm, (x, y, z), grid.direction)


def onto_common_grid(images: PatientImages) -> PatientImages:
    """Every image on the common grid; what lies there already stays as it is. Masks stay on their own."""

    def bring(volume: Volume) -> Volume:
        if volume.geometry.agrees_with(images.grid):
            return volume
        return resampled(volume, images.grid)

    return images.map_volumes(bring)
