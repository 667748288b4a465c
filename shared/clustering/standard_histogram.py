"""The standard histogram of each image, learned across sites from sums: the mean landmarks of all patients.

A patient's landmarks are on a scale of their own, 0 to 100 (`client.imaging.preprocess.nyul`), so that each patient
weighs the same. Both sides follow from the same totals to the same standards, bit for bit.

Reference: Nyul, Udupa, Zhang, IEEE Trans Medical Imaging 19 (2000) 143.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.arrays import Array, Arrays
from shared.errors import Code, MrfedError
from shared.sections.imaging import ImageName

_SCALE, _ROUNDING = 100.0, 1e-6

LANDMARKS = 11
"""Percentiles of each image: the axis `landmarks`."""

Standards = Mapping[ImageName, tuple[float, ...]]
"""Landmarks of the standard histogram of each image."""


def sums(own: Array, included: Sequence[bool]) -> dict[str, Array]:
    """What a site gives: over its patients for each omission that it is in, zeros for the others.

    Parameters
    ----------
    own : (n, images, landmarks) of its patients
    included : for each omission, whether the site is in it
    """
    weight = np.array(included, dtype=np.float64)
    return {"weight": weight * len(own), "landmarks": weight[:, None, None] * own.sum(axis=0)}


def learned(totals: Arrays, images: Sequence[ImageName]) -> tuple[Standards, ...]:
    """The standards of every omission.

    Parameters
    ----------
    totals : of all sites
    images : in the order of their axis

    Raises
    ------
    MrfedError (`REFUSED`) where these are no means of scaled landmarks: who made them up would choose what becomes of
    the patients' images.
    """
    means = np.asarray(totals["landmarks"]) / np.asarray(totals["weight"])[:, None, None]
    ascend = np.diff(means, axis=2, prepend=0.0, append=_SCALE) >= -_ROUNDING
    if not (np.isfinite(means).all() and ascend.all() and (np.asarray(totals["weight"]) >= 1).all()):
        raise MrfedError(
            Code.REFUSED,
            "the totals of landmarks are no standard histogram, which rises from 0 to 100; ask the coordinator what "
            "was added up",
        )
    return tuple(
        {name: tuple(row.tolist()) for name, row in zip(images, of_images, strict=True)} for of_images in means
    )
