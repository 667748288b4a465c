"""What PyRadiomics would filter for a region: the voxels after normalization, resampling and cropping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from radiomics import imageoperations
from scipy import ndimage

from client.imaging.radiomics.box import Box, Mask, bounding_box, grown, shape_of
from client.imaging.radiomics.resampling import (
    Lattice,
    SpacingMm,
    as_array,
    as_image,
    lattice,
    resample_image,
    resample_region,
)

FILL_REACH = 12
"""How far from a region a voxel without a value is given that of its nearest neighbour, in voxels."""


@dataclass(frozen=True)
class Domain:
    """Voxels that a filter sees, and the region on their grid."""

    voxels: NDArray[np.floating]
    spacing_mm: SpacingMm
    inside: Mask


def domains(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, regions: Mapping[str, Mask], setting: Mapping[str, Any]
) -> dict[str, Domain]:
    """Domain of each region; those that hold the same `voxels` object can be filtered together.

    Parameters
    ----------
    voxels : (z, y, x), finite
    spacing_mm : along each axis of the array
    regions : name -> (z, y, x) mask, none empty
    setting : PyRadiomics' global settings

    Returns
    -------
    region -> domain; the region may be empty there, where resampling has lost a small one
    """
    if setting["normalize"]:
        voxels = as_array(imageoperations.normalizeImage(as_image(voxels, spacing_mm), **setting))
    grids = {region: on_grid(inside, spacing_mm, setting) for region, inside in regions.items()}
    images: dict[str, NDArray[np.floating]] = {}
    for spacing in {grid.spacing_mm for grid in grids.values() if grid.resampled}:
        group = {region: grid for region, grid in grids.items() if grid.resampled and grid.spacing_mm == spacing}
        lattices = [Lattice(spacing, grid.box) for grid in group.values()]
        resampled = resample_image(voxels, spacing_mm, lattices, setting["interpolator"])
        images |= dict(zip(group, resampled, strict=True))
    for region, grid in grids.items():
        if not grid.resampled:
            images[region] = voxels if shape_of(grid.box) == voxels.shape else voxels[grid.box]
    return {region: Domain(images[region], grid.spacing_mm, grid.inside) for region, grid in grids.items()}


@dataclass(frozen=True)
class Grid:
    """The grid from which a region's features are taken, and the region on it."""

    spacing_mm: SpacingMm
    box: Box
    """The part of the image, or of the resampled image, that filters see."""
    inside: Mask
    resampled: bool


def on_grid(inside: Mask, spacing_mm: SpacingMm, setting: Mapping[str, Any]) -> Grid:
    """The grid of a region: resampled, cropped with `padDistance` around, or the image's own."""
    cropped = setting["preCrop"]
    if setting.get("resampledPixelSpacing") is not None and setting["interpolator"] is not None:
        target = lattice(inside, spacing_mm, setting)
        if not np.allclose(spacing_mm, target.spacing_mm):
            return Grid(target.spacing_mm, target.box, resample_region(inside, spacing_mm, target), True)
        cropped = True
    box = tuple(slice(0, length) for length in inside.shape)
    if cropped:
        box = grown(bounding_box(inside), setting["padDistance"], inside.shape)
    return Grid(spacing_mm, box, inside[box], False)


def fill_undefined(voxels: NDArray[np.floating], box: Box) -> NDArray[np.floating]:
    """Give a number to voxels that have no value, so that interpolation and filters can pass over them.

    Near the box it is the value of the nearest voxel that has one, elsewhere the mean. Such a voxel belongs to no
    region any more; only its neighbours see the number.
    """
    undefined = ~np.isfinite(voxels)
    if not undefined.any():
        return voxels
    filled = np.where(undefined, voxels[~undefined].mean(dtype=np.float64), voxels).astype(voxels.dtype)
    near = grown(box, FILL_REACH, voxels.shape)
    if undefined[near].any():
        nearest = ndimage.distance_transform_edt(undefined[near], return_distances=False, return_indices=True)
        filled[near] = voxels[near][tuple(nearest)]
    return filled
