"""Images in arbitrary units by mean and standard deviation of the breast."""

from dataclasses import replace

import numpy as np

from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Mask, Volume
from shared.sections.imaging import ImageName, ZScore


def standardize(images: PatientImages, _: ZScore) -> PatientImages:
    """Normalize what features are taken of."""
    return replace(images, normalizations=(*images.normalizations, zscore))


def zscore(_: ImageName, volume: Volume, inside: Mask) -> Volume:
    """Mean 0 and standard deviation 1 over a region; an even image becomes 0."""
    values = volume.voxels[inside]
    deviation = float(values.std()) if values.size else 0.0
    mean = float(values.mean()) if values.size else 0.0
    voxels = (volume.voxels - np.float32(mean)) / np.float32(deviation if deviation > 0 else 1)
    return replace(volume, voxels=voxels)
