"""Gabor filters within planes: a wave under a Gaussian.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Gabor filter" (Q88H).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from client.imaging.radiomics.ibsi.filters.boundary import extended
from client.imaging.radiomics.ibsi.filters.rotation import pool
from client.imaging.radiomics.resampling import SpacingMm
from shared.sections.ibsi import Boundary, Pooling

Array = NDArray[np.float64]

# The manual gives the filter no end: beyond six sigma 2e-8 of it is left.
_CUT_OFF_SIGMA = 6
PLANES = ((2, 1), (2, 0), (1, 0))
"""Axes of an array (z, y, x) that span a slice, and the two planes across it."""


@dataclass(frozen=True)
class Gabor:
    """A Gabor filter.

    Parameters
    ----------
    sigma_mm : width of the Gaussian along the wave
    wavelength_mm : of the wave
    aspect : sigma along the wave over that across it
    """

    sigma_mm: float
    wavelength_mm: float
    aspect: float

    @property
    def reach_mm(self) -> float:
        """From the centre of the filter to its end, in any direction."""
        return _CUT_OFF_SIGMA * self.sigma_mm * max(1.0, 1 / self.aspect)


def gabor_modulus(
    voxels: Array,
    spacing_mm: SpacingMm,
    wave: Gabor,
    angles: Sequence[float],
    planes: Sequence[tuple[int, int]],
    boundary: Boundary,
    pooling: Pooling,
) -> Array:
    """Modulus of the response, pooled over directions and planes.

    Parameters
    ----------
    voxels : (z, y, x)
    spacing_mm : along each axis of the array
    wave : the filter
    angles : of the wave, in radians, clockwise
    planes : pairs of axes, the first of them at angle 0
    boundary : beyond the edges
    pooling : of the moduli
    """
    kernels = {
        plane: [gabor_kernel(wave, angle, (spacing_mm[plane[1]], spacing_mm[plane[0]])) for angle in angles]
        for plane in planes
    }
    return pool((moduli for plane in planes for moduli in _moduli(voxels, plane, kernels[plane], boundary)), pooling)


def _moduli(
    voxels: Array, plane: tuple[int, int], kernels: Sequence[NDArray[np.complex128]], boundary: Boundary
) -> Iterator[Array]:
    """Modulus of the response to each kernel; the image is transformed once for all."""
    rows, columns = plane[1], plane[0]
    stacked = np.moveaxis(voxels, (rows, columns), (1, 2))
    height, width = (side // 2 for side in kernels[0].shape)
    padded = extended(stacked, (0, height, width), boundary)
    shape = [fft.next_fast_len(length) for length in padded.shape[1:]]
    spectra = fft.fft2(padded, shape)
    for kernel in kernels:
        transformed = fft.fft2(kernel, shape)
        response = np.empty(stacked.shape)
        for number, spectrum in enumerate(spectra):
            whole = fft.ifft2(spectrum * transformed)
            # the kernel's centre comes to lie on the voxel behind both margins
            valid = whole[2 * height : 2 * height + stacked.shape[1], 2 * width : 2 * width + stacked.shape[2]]
            response[number] = np.abs(valid)
        yield np.moveaxis(response, (1, 2), (rows, columns))


def gabor_kernel(wave: Gabor, angle: float, spacing_mm: tuple[float, float]) -> NDArray[np.complex128]:
    """(rows, columns) of the filter, not normalized.

    Parameters
    ----------
    wave : the filter
    angle : of the wave, in radians, clockwise
    spacing_mm : of rows and columns
    """
    reach = [int(np.ceil(wave.reach_mm / mm)) for mm in spacing_mm]
    y, x = (np.arange(-far, far + 1.0) * mm for far, mm in zip(reach, spacing_mm, strict=True))
    along = x[None, :] * np.cos(angle) + y[:, None] * np.sin(angle)
    across = y[:, None] * np.cos(angle) - x[None, :] * np.sin(angle)
    envelope = np.exp(-(along**2 + (wave.aspect * across) ** 2) / (2 * wave.sigma_mm**2))
    return np.asarray(envelope * np.exp(2j * np.pi * along / wave.wavelength_mm))
