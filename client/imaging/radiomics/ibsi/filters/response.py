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


def filtered(image_filter: Filter, surface: Surface) -> Array:
    """(z, y, x) response to a filter."""
    return _KINDS[type(image_filter)].respond(image_filter, surface)


def reach(image_filter: Filter, spacing_mm: SpacingMm, boundary: Boundary) -> int | None:
    """Voxels that a response depends on along any axis; None where it depends on the whole image."""
    reaches = [_KINDS[type(image_filter)].reach(image_filter, mm) for mm in spacing_mm]
    if boundary is Boundary.PERIODIC or None in reaches:
        return None
    return max(far for far in reaches if far is not None)


def _mean(image_filter: MeanFilter, surface: Surface) -> Array:
    return mean(surface.voxels, image_filter.support, surface.axes, surface.boundary)


def _laplacian(image_filter: LaplacianFilter, surface: Surface) -> Array:
    return laplacian_of_gaussian.laplacian_of_gaussian(
        surface.voxels,
        surface.spacing_mm,
        image_filter.sigma_mm,
        image_filter.cut_off_sigma,
        surface.axes,
        surface.boundary,
    )


def _laws(image_filter: LawsFilter, surface: Surface) -> Array:
    pooling = image_filter.pooling if image_filter.rotation_invariant else None
    response = laws.laws(surface.voxels, image_filter.kernels, surface.axes, surface.boundary, pooling)
    if image_filter.energy_distance is None:
        return response
    return laws.energy(response, image_filter.energy_distance, surface.axes, surface.boundary)


def _gabor(image_filter: GaborFilter, surface: Surface) -> Array:
    angles = [image_filter.angle_degrees]
    if image_filter.step_degrees is not None:
        # The modulus is the same after half a turn.
        angles = [image_filter.angle_degrees + turn for turn in np.arange(0, 180 - 1e-9, image_filter.step_degrees)]
    planes = gabor.PLANES if image_filter.rotation_invariant and not surface.within_slices else gabor.PLANES[:1]
    return gabor.gabor_modulus(
        surface.voxels,
        surface.spacing_mm,
        gabor.Gabor(image_filter.sigma_mm, image_filter.wavelength_mm, image_filter.aspect),
        np.deg2rad(angles).tolist(),
        planes,
        surface.boundary,
        image_filter.pooling,
    )


def _wavelet(image_filter: WaveletFilter, surface: Surface) -> Array:
    pooling = image_filter.pooling if image_filter.rotation_invariant else None
    return wavelet.wavelet(
        surface.voxels,
        image_filter.family,
        image_filter.bands,
        image_filter.level,
        surface.axes,
        surface.boundary,
        pooling,
    )


def _simoncelli(image_filter: SimoncelliFilter, surface: Surface) -> Array:
    return simoncelli(surface.voxels, image_filter.level, surface.axes)


_KINDS: dict[type, _Kind] = {
    MeanFilter: _Kind(_mean, lambda image_filter, _: image_filter.support // 2),
    LaplacianFilter: _Kind(
        _laplacian,
        lambda image_filter, mm: laplacian_of_gaussian.reach(mm, image_filter.sigma_mm, image_filter.cut_off_sigma),
    ),
    LawsFilter: _Kind(_laws, lambda image_filter, _: laws.REACH + (image_filter.energy_distance or 0)),
    GaborFilter: _Kind(
        _gabor,
        lambda image_filter, mm: int(
            np.ceil(gabor.Gabor(image_filter.sigma_mm, image_filter.wavelength_mm, image_filter.aspect).reach_mm / mm)
        ),
    ),
    WaveletFilter: _Kind(_wavelet, lambda image_filter, _: wavelet.reach(image_filter.family, image_filter.level)),
    SimoncelliFilter: _Kind(_simoncelli, lambda _, __: None),
}
