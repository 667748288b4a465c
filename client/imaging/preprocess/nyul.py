"""Images in arbitrary units on one standard histogram, the same for all sites.

Each image's landmarks (percentiles in the breast) are brought onto the scale 0 to 100 by its own first and last; the
standard is their mean over all patients of all sites (`shared.clustering.standard_histogram`). An image is then mapped
piecewise linearly, landmark onto landmark. Beyond the outermost ones it goes on with the slope between these two: that
of an outermost piece, whose landmarks may lie close together, would throw what is beyond far away.

Reference: Nyul, Udupa, Zhang, IEEE Trans Medical Imaging 19 (2000) 143; Shah et al., Med Image Anal 15 (2011) 267.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from client.imaging.preprocess.images import PatientImages
from client.imaging.volume import Mask, Volume
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName, Nyul

Array = NDArray[np.float64]

PERCENTILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
_SCALE = 100.0
"""Of the standard: its first landmark lies at 0, its last here."""


def landmarks(volume: Volume, inside: Mask) -> Array:
    """(11,) percentiles of an image over a region."""
    return np.percentile(volume.voxels[inside], PERCENTILES).astype(np.float64)


def on_scale(own: Array) -> Array:
    """(11,) landmarks on a scale on which the first lies at 0 and the last at 100; zeros for an even image."""
    span = own[-1] - own[0]
    return np.asarray(_SCALE * (own - own[0]) / span if span > 0 else np.zeros(len(own)))


def onto_standard(images: PatientImages, _: Nyul) -> PatientImages:
    """Normalize what features are taken of.

    Raises
    ------
    MrfedError (DATA_MISSING) where the standard histogram has not been learned yet.
    """
    if not images.standards:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{images.where}: the standard histogram is not there yet: it is learned across the sites in the "
            "study's normalize stage; take part in it first",
        )
    standards = images.standards

    def normalize(name: ImageName, volume: Volume, inside: Mask) -> Volume:
        return mapped(volume, landmarks(volume, inside), np.array(standards[name]))

    return replace(images, normalizations=(*images.normalizations, normalize))


def mapped(volume: Volume, own: Array, standard: Array) -> Volume:
    """An image with its landmarks moved onto the standard ones.

    Parameters
    ----------
    own, standard : (11,) landmarks; own ones that coincide count once
    """
    distinct = np.flatnonzero(np.r_[True, np.diff(own) > 0])
    if len(distinct) < 2:
        return replace(volume, voxels=np.zeros_like(volume.voxels))
    x, y = own[distinct], standard[distinct]
    beyond = np.minimum(volume.voxels - x[0], 0) + np.maximum(volume.voxels - x[-1], 0)
    values = np.interp(volume.voxels, x, y) + (y[-1] - y[0]) / (x[-1] - x[0]) * beyond
    return replace(volume, voxels=values.astype(np.float32))
