"""Gabor filters within planes: a wave under a Gaussian.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Gabor filter" (Q88H).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters.boundary import convolve
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

    def moduli() -> Iterator[Array]:
        for plane in planes:
            for angle in angles:
                kernel = gabor_kernel(wave, angle, (spacing_mm[plane[1]], spacing_mm[plane[0]]))
                yield np.abs(convolve(voxels, _in_order(kernel, plane), sorted(plane), boundary))

    return pool(moduli(), pooling)


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


def _in_order(kernel: NDArray[np.complex128], plane: tuple[int, int]) -> NDArray[np.complex128]:
    """Rows are the plane's second axis; a convolution takes the axes in their order."""
    return kernel if plane[1] < plane[0] else kernel.T
