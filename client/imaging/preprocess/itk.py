"""Volumes as SimpleITK images, and back."""

import numpy as np
import SimpleITK as sitk

from client.imaging.volume import Geometry, Volume


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
