"""Peaks: the mean intensity in a sphere of one cubic centimetre.

Reference: IBSI reference manual, arXiv:1612.07003, "Local intensity features" (9ST6).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.resampling import SpacingMm

SPHERE_RADIUS_MM = 10 * (3 / (4 * np.pi)) ** (1 / 3)
"""Of a sphere of one cubic centimetre."""


def local_intensity(voxels: NDArray[np.floating], inside: Mask, spacing_mm: SpacingMm) -> dict[str, float]:
    """Local and global peak.

    Parameters
    ----------
    voxels : (z, y, x) the region and at least `SPHERE_RADIUS_MM` around it, as far as the image goes
    inside : (z, y, x) voxels whose intensities are measured, not empty
    spacing_mm : along each axis of the arrays

    Returns
    -------
    `LocalPeak`, around the voxel of the greatest intensity, and `GlobalPeak`, the greatest of all
    """
    reach = [int(SPHERE_RADIUS_MM / mm) for mm in spacing_mm]
    away = np.meshgrid(
        *(np.arange(-far, far + 1) * mm for far, mm in zip(reach, spacing_mm, strict=True)), indexing="ij"
    )
    sphere = (sum(np.square(axis) for axis in away) <= SPHERE_RADIUS_MM**2).astype(np.float64)
    values = np.asarray(voxels, np.float64)
    # The mean is taken off first: the transform errs by a share of the greatest number.
    level = float(values[inside].mean())
    number = np.rint(fftconvolve(np.ones(values.shape), sphere, mode="same"))
    mean = fftconvolve(values - level, sphere, mode="same") / number + level
    highest = inside & (values == values[inside].max())
    return {"LocalPeak": float(mean[highest].max()), "GlobalPeak": float(mean[inside].max())}
