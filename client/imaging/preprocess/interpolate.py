"""A volume on another grid."""

import numpy as np
import SimpleITK as sitk

from client.imaging.preprocess.itk import to_image
from client.imaging.preprocess.spline import interpolate, parallel_axes
from client.imaging.volume import Geometry, Volume, Voxels

_SAME_VOXEL = 1e-3
"""Share of a voxel by which places may differ and still count as the same."""


def resampled(volume: Volume, grid: Geometry, transform: sitk.Transform | None = None) -> Volume:
    """A volume on another grid by cubic B-spline, within the range of its own values; 0 outside.

    Parameters
    ----------
    volume : finite voxels
    grid : where values are wanted
    transform : from points of the grid to points of the volume, in millimetres; identity where absent
    """
    part = _part(volume.geometry, grid) if transform is None else None
    if part is not None:
        return Volume(volume.voxels[part], grid, volume.unit)
    axes = parallel_axes(volume.geometry, grid) if transform is None else None
    if axes is not None:
        values = interpolate(volume.voxels, volume.geometry, grid, axes)
    else:
        values = by_itk(volume, grid, transform)
    # a cubic spline overshoots at edges: nothing is under the darkest or over the brightest voxel
    np.clip(values, min(0.0, float(volume.voxels.min())), max(0.0, float(volume.voxels.max())), out=values)
    return Volume(values, grid, volume.unit)


def _part(source: Geometry, target: Geometry) -> tuple[slice, slice, slice] | None:
    """Which voxels of the source the target's are, in slices, rows and columns; None where they are none of them."""
    step = np.linalg.inv(source.affine) @ target.affine
    start = np.rint(step[:3, 3]).astype(int)
    same = np.abs(step[:3, :3] - np.eye(3)).max() * max(target.size) < _SAME_VOXEL
    if not same or np.abs(step[:3, 3] - start).max() > _SAME_VOXEL:
        return None
    if (start < 0).any() or (start + target.size > source.size).any():
        return None
    x, y, z = (slice(first, first + count) for first, count in zip(start.tolist(), target.size, strict=True))
    return z, y, x


def by_itk(volume: Volume, grid: Geometry, transform: sitk.Transform | None) -> Voxels:
    """Values of a volume on any grid, through any transform, by ITK's cubic B-spline; not clipped."""
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.size)
    resampler.SetOutputSpacing(grid.spacing_mm)
    resampler.SetOutputOrigin(grid.origin_mm)
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(sitk.sitkBSpline)
    if transform is not None:
        resampler.SetTransform(transform)
    return np.array(sitk.GetArrayFromImage(resampler.Execute(to_image(volume))), dtype=np.float32)
