"""Volumes as SimpleITK images, and back."""

import numpy as np
import SimpleITK as sitk

from client.volume import Geometry, Volume


def to_image(volume: Volume) -> sitk.Image:
    """SimpleITK image of a volume, in 32-bit floating point."""
    image = sitk.GetImageFromArray(np.asarray(volume.voxels, dtype=np.float32))
    image.SetSpacing(volume.geometry.spacing_mm)
    image.SetOrigin(volume.geometry.origin_mm)
    image.SetDirection(volume.geometry.direction)
    return image


def to_volume(image: sitk.Image, unit: str) -> Volume:
    """Volume of a three-dimensional SimpleITK image."""
    voxels = np.asarray(sitk.GetArrayFromImage(image), dtype=np.float32)
    return Volume(voxels, geometry_of(image), unit)


def geometry_of(image: sitk.Image) -> Geometry:
    """Grid of a three-dimensional SimpleITK image."""
    return Geometry(
        size=image.GetSize(),
        spacing_mm=image.GetSpacing(),
        origin_mm=image.GetOrigin(),
        direction=image.GetDirection(),
    )


def resampled(volume: Volume, grid: Geometry, transform: sitk.Transform | None = None) -> Volume:
    """A volume on another grid by cubic B-spline, within the range of its own values; 0 outside.

    Parameters
    ----------
    volume : finite voxels
    grid : where values are wanted
    transform : from points of the grid to points of the volume, in millimetres; identity where absent
    """
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.size)
    resampler.SetOutputSpacing(grid.spacing_mm)
    resampler.SetOutputOrigin(grid.origin_mm)
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(sitk.sitkBSpline)
    if transform is not None:
        resampler.SetTransform(transform)
    values = sitk.GetArrayFromImage(resampler.Execute(to_image(volume)))
    # a cubic spline overshoots at edges: no signal is under the darkest or over the brightest voxel
    np.clip(values, min(0.0, float(volume.voxels.min())), volume.voxels.max(), out=values)
    return Volume(values, grid, volume.unit)
