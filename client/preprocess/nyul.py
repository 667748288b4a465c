"""Images in arbitrary units on one standard histogram, the same for all sites.

Each image's landmarks (percentiles in the breast) are brought onto the scale 0 to 100 by its own first and last; the
standard is their mean over all patients of all sites, for which a site gives a count and sums. An image is then
mapped piecewise linearly, landmark onto landmark, and goes on along its outermost pieces.

Reference: Nyul, Udupa, Zhang, IEEE Trans Medical Imaging 19 (2000) 143; Shah et al., Med Image Anal 15 (2011) 267.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from client.preprocess.images import PatientImages
from client.volume import Mask, Volume
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName, Nyul

Array = NDArray[np.float64]

PERCENTILES = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)
_SCALE = 100.0
"""Of the standard: its first landmark lies at 0, its last here."""


@dataclass(frozen=True)
class LandmarkSums:
    """What a site gives for the standard histogram of one image: sums over its patients, which add up across sites."""

    patients: int
    totals: tuple[float, ...]
    """(11,) landmarks on the scale 0 to 100, added over patients."""

    def __add__(self, other: "LandmarkSums") -> "LandmarkSums":
        totals = tuple(a + b for a, b in zip(self.totals, other.totals, strict=True))
        return LandmarkSums(self.patients + other.patients, totals)

    @property
    def standard(self) -> tuple[float, ...]:
        """(11,) the mean landmarks."""
        return tuple(total / self.patients for total in self.totals)


def landmarks(volume: Volume, inside: Mask) -> Array:
    """(11,) percentiles of an image over a region."""
    return np.percentile(volume.voxels[inside], PERCENTILES).astype(np.float64)


def landmark_sums(own: Array) -> LandmarkSums:
    """What one patient's landmarks add to the sums."""
    span = own[-1] - own[0]
    scaled = _SCALE * (own - own[0]) / span if span > 0 else np.zeros(len(own))
    return LandmarkSums(1, tuple(scaled.tolist()))


def onto_standard(images: PatientImages, _: Nyul) -> PatientImages:
    """Normalise what features are taken of.

    Raises
    ------
    MrfedError (DATA_MISSING) where the standard histogram has not been learned yet.
    """
    if not images.standards:
        raise MrfedError(
            Code.DATA_MISSING,
            f"{images.where}: the standard histogram is not there yet: it is learned across the sites in the "
            "study's normalise stage; take part in it first",
        )
    standards = images.standards

    def normalise(name: ImageName, volume: Volume, inside: Mask) -> Volume:
        return mapped(volume, landmarks(volume, inside), np.array(standards[name]))

    return replace(images, normalisations=(*images.normalisations, normalise))


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
    slopes = np.diff(y) / np.diff(x)
    piece = np.clip(np.searchsorted(x, volume.voxels) - 1, 0, len(slopes) - 1)
    values = y[piece] + slopes[piece] * (volume.voxels - x[piece])
    return replace(volume, voxels=values.astype(np.float32))
