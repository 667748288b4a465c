"""The filtered images that the settings ask for: each filter of a study file and what it needs of the image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters import gabor, laplacian_of_gaussian, laws, wavelet
from client.imaging.radiomics.ibsi.filters.mean import mean
from client.imaging.radiomics.ibsi.filters.simoncelli import simoncelli
from client.imaging.radiomics.resampling import SpacingMm
from shared.sections.ibsi import (
    Boundary,
    Filter,
    GaborFilter,
    LaplacianFilter,
    LawsFilter,
    MeanFilter,
    SimoncelliFilter,
    WaveletFilter,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """What a filter acts on.

    Parameters
    ----------
    voxels : (z, y, x) finite
    spacing_mm : along each axis of the array
    within_slices : whether slices are filtered one by one
    boundary : beyond the edges
    """

    voxels: Array
    spacing_mm: SpacingMm
    within_slices: bool
    boundary: Boundary

    @property
    def axes(self) -> tuple[int, ...]:
        """x, y and, in the volume, z."""
        return (2, 1) if self.within_slices else (2, 1, 0)


@dataclass(frozen=True)
class _Kind:
    """How a filter is applied, and how many voxels it reaches along an axis of a spacing; None for the whole image."""

    respond: Callable[[Any, Surface], Array]
    reach: Callable[[Any, float], int | None]


def filtered(asked: Filter, surface: Surface) -> Array:
    """(z, y, x) response to a filter."""
    return _KINDS[type(asked)].respond(asked, surface)


def reach(asked: Filter, spacing_mm: SpacingMm, boundary: Boundary) -> int | None:
    """Voxels that a response depends on along any axis; None where it depends on the whole image."""
    reaches = [_KINDS[type(asked)].reach(asked, mm) for mm in spacing_mm]
    if boundary is Boundary.PERIODIC or None in reaches:
        return None
    return max(far for far in reaches if far is not None)


def _mean(asked: MeanFilter, surface: Surface) -> Array:
    return mean(surface.voxels, asked.support, surface.axes, surface.boundary)


def _laplacian(asked: LaplacianFilter, surface: Surface) -> Array:
    return laplacian_of_gaussian.laplacian_of_gaussian(
        surface.voxels, surface.spacing_mm, asked.sigma_mm, asked.cut_off_sigma, surface.axes, surface.boundary
    )


def _laws(asked: LawsFilter, surface: Surface) -> Array:
    pooling = asked.pooling if asked.rotation_invariant else None
    response = laws.laws(surface.voxels, asked.kernels, surface.axes, surface.boundary, pooling)
    if asked.energy_distance is None:
        return response
    return laws.energy(response, asked.energy_distance, surface.axes, surface.boundary)


def _gabor(asked: GaborFilter, surface: Surface) -> Array:
    angles = [asked.angle_degrees]
    if asked.step_degrees is not None:
        # The modulus is the same after half a turn.
        angles = [asked.angle_degrees + turn for turn in np.arange(0, 180 - 1e-9, asked.step_degrees)]
    planes = gabor.PLANES if asked.rotation_invariant and not surface.within_slices else gabor.PLANES[:1]
    return gabor.gabor_modulus(
        surface.voxels,
        surface.spacing_mm,
        gabor.Gabor(asked.sigma_mm, asked.wavelength_mm, asked.aspect),
        np.deg2rad(angles).tolist(),
        planes,
        surface.boundary,
        asked.pooling,
    )


def _wavelet(asked: WaveletFilter, surface: Surface) -> Array:
    pooling = asked.pooling if asked.rotation_invariant else None
    return wavelet.wavelet(
        surface.voxels, asked.family, asked.bands, asked.level, surface.axes, surface.boundary, pooling
    )


def _simoncelli(asked: SimoncelliFilter, surface: Surface) -> Array:
    return simoncelli(surface.voxels, asked.level, surface.axes)


_KINDS: dict[type, _Kind] = {
    MeanFilter: _Kind(_mean, lambda asked, _: asked.support // 2),
    LaplacianFilter: _Kind(
        _laplacian, lambda asked, mm: laplacian_of_gaussian.reach(mm, asked.sigma_mm, asked.cut_off_sigma)
    ),
    LawsFilter: _Kind(_laws, lambda asked, _: laws.REACH + (asked.energy_distance or 0)),
    GaborFilter: _Kind(
        _gabor,
        lambda asked, mm: int(np.ceil(gabor.Gabor(asked.sigma_mm, asked.wavelength_mm, asked.aspect).reach_mm / mm)),
    ),
    WaveletFilter: _Kind(_wavelet, lambda asked, _: wavelet.reach(asked.family, asked.level)),
    SimoncelliFilter: _Kind(_simoncelli, lambda _, __: None),
}
