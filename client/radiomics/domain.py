"""What PyRadiomics would filter for a region: the voxels after normalisation, resampling and cropping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from radiomics import imageoperations
from scipy import ndimage

from client.radiomics.box import Box, Mask, bounding_box, grown
from client.radiomics.resampling import (
    Lattice,
    SpacingMm,
    as_array,
    as_image,
    lattice,
    resample_image,
    resample_region,
)

# How far from a region a voxel without a value is given that of its nearest neighbour.
_FILL_REACH = 12


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
    if setting.get("resampledPixelSpacing") is not None and setting["interpolator"] is not None:
        return _resampled(voxels, spacing_mm, regions, setting)
    if setting["preCrop"]:
        return {name: _cropped(voxels, spacing_mm, inside, setting["padDistance"]) for name, inside in regions.items()}
    return {name: Domain(voxels, spacing_mm, inside) for name, inside in regions.items()}


def _cropped(voxels: NDArray[np.floating], spacing_mm: SpacingMm, inside: Mask, pad: int) -> Domain:
    around = grown(bounding_box(inside), pad, voxels.shape)
    return Domain(voxels[around], spacing_mm, inside[around])


def _resampled(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, regions: Mapping[str, Mask], setting: Mapping[str, Any]
) -> dict[str, Domain]:
    found: dict[str, Domain] = {}
    by_spacing: dict[SpacingMm, dict[str, Lattice]] = {}
    for name, inside in regions.items():
        target = lattice(inside, spacing_mm, setting)
        if np.allclose(spacing_mm, target.spacing_mm):
            found[name] = _cropped(voxels, spacing_mm, inside, setting["padDistance"])
        else:
            by_spacing.setdefault(target.spacing_mm, {})[name] = target
    for targets in by_spacing.values():
        images = resample_image(voxels, spacing_mm, list(targets.values()), setting["interpolator"])
        for (name, target), image in zip(targets.items(), images, strict=True):
            inside = resample_region(regions[name], spacing_mm, target)
            found[name] = Domain(image, target.spacing_mm, inside)
    return found


def fill_undefined(voxels: NDArray[np.floating], box: Box) -> NDArray[np.floating]:
    """Give a number to voxels that have no value, so that interpolation and filters can pass over them.

    Near the box it is the value of the nearest voxel that has one, elsewhere the mean. Such a voxel belongs to no
    region any more; only its neighbours see the number.
    """
    undefined = ~np.isfinite(voxels)
    if not undefined.any():
        return voxels
    filled = np.where(undefined, voxels[~undefined].mean(dtype=np.float64), voxels).astype(voxels.dtype)
    near = grown(box, _FILL_REACH, voxels.shape)
    if undefined[near].any():
        nearest = ndimage.distance_transform_edt(undefined[near], return_distances=False, return_indices=True)
        filled[near] = voxels[near][tuple(nearest)]
    return filled
