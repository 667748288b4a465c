"""The Laplacian of a Gaussian, sampled and cut off.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Laplacian-of-Gaussian filter" (L6PA).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters.boundary import convolve_line
from client.imaging.radiomics.resampling import SpacingMm
from shared.sections.ibsi import Boundary

Array = NDArray[np.float64]


def laplacian_of_gaussian(
    voxels: Array,
    spacing_mm: SpacingMm,
    sigma_mm: float,
    cut_off_sigma: float,
    axes: Sequence[int],
    boundary: Boundary,
) -> Array:
    """Response per squared voxel, not normalized across scales.

    Parameters
    ----------
    voxels : (z, y, x)
    spacing_mm : along each axis of the array
    sigma_mm : width of the Gaussian
    cut_off_sigma : where the filter ends, in sigma
    axes : over which
    boundary : beyond the edges

    Notes
    -----
    -(D - k²/sigma²) / sigma² times a Gaussian is a sum of D products of one factor for each axis, of which one holds
    (1 - k²/sigma²): D separable filters take the place of one that is not. Where voxels are not cubes, sigma has
    another length in voxels along each axis, and the factor 1 / sigma² that of their geometric mean.
    """
    sigmas = [sigma_mm / spacing_mm[axis] for axis in axes]
    scale = float(np.prod(sigmas) ** (2 / len(sigmas)))
    total = np.zeros(voxels.shape)
    for derived in axes:
        response = voxels
        for axis, sigma in zip(axes, sigmas, strict=True):
            response = convolve_line(response, _kernel(sigma, cut_off_sigma, axis == derived), axis, boundary)
        total -= response
    return total / scale


def reach(spacing_mm: float, sigma_mm: float, cut_off_sigma: float) -> int:
    """Voxels from the centre of the filter to its end."""
    return int(np.floor(cut_off_sigma * sigma_mm / spacing_mm + 0.5))


def _kernel(sigma: float, cut_off_sigma: float, derived: bool) -> Array:
    far = reach(1, sigma, cut_off_sigma)
    k = np.arange(-far, far + 1.0)
    gaussian = np.exp(-(k**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return np.asarray(gaussian * (1 - k**2 / sigma**2) if derived else gaussian)
