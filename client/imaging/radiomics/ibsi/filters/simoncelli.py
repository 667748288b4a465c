"""Simoncelli's wavelet: a band of frequencies, the same in every direction.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Non-separable wavelets" (LODD).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]


def simoncelli(voxels: Array, level: int, axes: Sequence[int]) -> Array:
    """Response of a level, the image taken as periodic.

    Parameters
    ----------
    voxels : (z, y, x), all of the image
    level : of the decomposition, from 1: each sees half the frequencies of the one before
    axes : over which

    Notes
    -----
    The references sample the filter on a grid from -1 to 1 that is symmetric about its centre. Where a side is even,
    the centre lies between two frequencies, and the response is the real part: the mean of the filter and of its
    reflection.
    """
    own, reflected = np.zeros([1] * voxels.ndim), np.zeros([1] * voxels.ndim)
    for axis in axes:
        length = voxels.shape[axis]
        places = _places(length)
        kept = length // 2 + 1 if axis == axes[-1] else length  # the last axis of a real transform is halved
        along = [-1 if dimension == axis else 1 for dimension in range(voxels.ndim)]
        own = own + (places[:kept] ** 2).reshape(along)
        reflected = reflected + (places[-np.arange(kept) % length] ** 2).reshape(along)
    spectrum = fft.rfftn(voxels, axes=axes)
    spectrum *= (_band(own, level) + _band(reflected, level)) / 2
    return np.asarray(fft.irfftn(spectrum, [voxels.shape[axis] for axis in axes], axes=axes))


def _places(length: int) -> Array:
    """Where each frequency of a transform lies between -1 and 1."""
    half = (length - 1) / 2
    return np.asarray(fft.ifftshift((np.arange(length) - half) / half)) if half else np.zeros(1)


def _band(squares: Array, level: int) -> Array:
    """The filter at squared distances from the centre."""
    distance = np.sqrt(squares) * 2 ** (level - 1)
    passed = (distance >= 0.25) & (distance <= 1)
    return np.where(passed, np.cos(np.pi / 2 * np.log2(2 * np.where(passed, distance, 1))), 0)
