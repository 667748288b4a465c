"""PyRadiomics' resampling, interpolated once for all regions and from the voxels around them only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from client.imaging.radiomics.box import Box, Mask, bounding_box, union, within

SpacingMm = tuple[float, ...]
"""Along each axis of an array: z, y, x."""

# The coefficients of a cubic B-spline decay by 0.268 a voxel: beyond 30 voxels (1e-17) the image does not matter.
_SPLINE_REACH = 30


@dataclass(frozen=True)
class Lattice:
    """The part of the resampled grid that PyRadiomics takes for a region."""

    spacing_mm: SpacingMm
    box: Box
    """In voxels of the new spacing, counted from the corner of the original image."""


def lattice(inside: Mask, spacing_mm: SpacingMm, setting: Mapping[str, Any]) -> Lattice:
    """Grid of a region, as `imageoperations.resampleImage` of PyRadiomics lays it.

    Parameters
    ----------
    inside : (z, y, x) region, not empty
    spacing_mm : of the original grid
    setting : `resampledPixelSpacing` (x, y, z; 0 keeps the original; an axis of one voxel keeps it too) and
        `padDistance`, in new voxels
    """
    box = bounding_box(inside)
    wanted_mm = setting["resampledPixelSpacing"][::-1]
    target = tuple(
        float(new) if new and side.stop - side.start > 1 else old
        for new, old, side in zip(wanted_mm, spacing_mm, box, strict=True)
    )
    pad = setting["padDistance"]
    sides = []
    for side, new, old, length in zip(box, target, spacing_mm, inside.shape, strict=True):
        ratio = old / new
        first = int(np.floor((side.start - 0.5) * ratio - pad))
        last = int(np.ceil((side.stop - 0.5) * ratio + pad))
        sides.append(slice(max(first, 0), min(last, int(np.ceil(length * ratio)) - 1) + 1))
    return Lattice(target, tuple(sides))


def resample_image(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, lattices: list[Lattice], interpolator: str | int
) -> list[NDArray[np.floating]]:
    """Voxels of each lattice, interpolated once over the box around all.

    Parameters
    ----------
    voxels : (z, y, x)
    spacing_mm : of the original grid
    lattices : of one spacing
    interpolator : SimpleITK's name or number
    """
    whole = Lattice(lattices[0].spacing_mm, union(lattice.box for lattice in lattices))
    needed = []
    for side, new, old, length in zip(whole.box, whole.spacing_mm, spacing_mm, voxels.shape, strict=True):
        ends = 0.5 * (new - old) / old + np.array([side.start, side.stop - 1]) * new / old
        first, last = int(np.floor(ends[0])) - _SPLINE_REACH, int(np.ceil(ends[1])) + _SPLINE_REACH
        needed.append(slice(min(max(first, 0), length - 1), min(last + 1, length)))
    image = as_image(voxels[tuple(needed)], spacing_mm)
    image.SetOrigin([side.start * mm for side, mm in zip(needed, spacing_mm, strict=True)][::-1])
    method = getattr(sitk, interpolator) if isinstance(interpolator, str) else interpolator
    fine = as_array(_on(image, whole, spacing_mm, method))
    return [fine[within(lattice.box, whole.box)] for lattice in lattices]


def resample_region(inside: Mask, spacing_mm: SpacingMm, target: Lattice) -> Mask:
    """A region on a lattice, by nearest neighbour; it may be empty there."""
    label = _on(as_image(inside.view(np.uint8), spacing_mm), target, spacing_mm, sitk.sitkNearestNeighbor)
    return np.asarray(as_array(label) != 0)


def _on(image: sitk.Image, target: Lattice, spacing_mm: SpacingMm, interpolator: int) -> sitk.Image:
    resampler = sitk.ResampleImageFilter()
    resampler.SetInterpolator(interpolator)
    resampler.SetOutputPixelType(image.GetPixelID())
    resampler.SetOutputSpacing(target.spacing_mm[::-1])
    resampler.SetSize([side.stop - side.start for side in target.box][::-1])
    # Rounded as PyRadiomics rounds it: a voxel that falls half-way between two is decided by the last bit.
    resampler.SetOutputOrigin(
        [
            (0.5 * (new - old) / old + side.start / (old / new)) * old
            for side, new, old in zip(target.box, target.spacing_mm, spacing_mm, strict=True)
        ][::-1]
    )
    return resampler.Execute(image)


def as_image(voxels: NDArray[Any], spacing_mm: SpacingMm) -> sitk.Image:
    """SimpleITK image of an array; its axes are x, y, z, the array's z, y, x."""
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing([float(mm) for mm in spacing_mm[::-1]])
    return image


def as_array(image: sitk.Image) -> NDArray[Any]:
    """Voxels (z, y, x) of a SimpleITK image."""
    return np.asarray(sitk.GetArrayFromImage(image))
