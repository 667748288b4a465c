"""The field of view cut to the side of the tumour."""

from dataclasses import replace

import numpy as np

from client.imaging.ingest.mapping import Role
from client.imaging.preprocess.breast_mask import BOTH_BREASTS_MM
from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Geometry, Volume
from shared.sections.imaging import CropSide


def crop(images: PatientImages, settings: CropSide) -> PatientImages:
    """Cut the common grid at the middle of the body; a field of view with one breast stays whole.

    The cut never goes through the mask of the tumour (or of the volume of interest): it is moved beyond it.
    """
    grid = images.grid
    mask = images.masks.get(Role.TUMOUR) or images.masks.get(Role.VOI)
    axis = int(np.abs(grid.affine[0, :3]).argmax())
    step_mm = float(grid.affine[0, axis])
    if mask is None or not (mask.voxels > 0).any() or grid.size[axis] * abs(step_mm) < BOTH_BREASTS_MM:
        return images
    tumour_x = _left_mm(mask)
    middle = float(grid.corners_mm()[:, 0].mean())
    if tumour_x.mean() > middle:
        keep = min(middle - settings.margin_mm, float(tumour_x.min()) - settings.margin_mm), np.inf
    else:
        keep = -np.inf, max(middle + settings.margin_mm, float(tumour_x.max()) + settings.margin_mm)
    # position along the axis at the middle of the grid: rows of an oblique grid are cut where most of them cross
    centre = [(size - 1) / 2 for size in grid.size]
    across = (
        sum(grid.affine[0, dimension] * centre[dimension] for dimension in range(3) if dimension != axis)
        + grid.affine[0, 3]
    )
    positions = across + step_mm * np.arange(grid.size[axis])
    kept = np.flatnonzero((positions >= keep[0]) & (positions <= keep[1]))
    return replace(images, grid=_part(grid, axis, int(kept[0]), len(kept)))


def _left_mm(mask: Volume) -> np.ndarray:
    """Left coordinate of every voxel of a mask."""
    inside = np.argwhere(mask.voxels > 0)[:, ::-1]
    return np.asarray(inside @ mask.geometry.affine[0, :3] + mask.geometry.affine[0, 3])


def _part(grid: Geometry, axis: int, start: int, count: int) -> Geometry:
    """Some consecutive layers of a grid."""
    x, y, z = (grid.affine[:3, 3] + start * grid.affine[:3, axis]).tolist()
    size = [count if dimension == axis else grid.size[dimension] for dimension in range(3)]
    return replace(grid, size=(size[0], size[1], size[2]), origin_mm=(x, y, z))
