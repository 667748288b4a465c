"""Small changes of a mask or an image, as large as those between readers and repeated scans.

Reference: Zwanenburg et al., Sci. Rep. 9 (2019) 614.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.box import Mask, bounding_box, grown
from client.imaging.radiomics.wavelet import stationary_wavelet

# Of normally distributed values: standard deviation over median of the absolute values.
_MEDIAN_TO_DEVIATION = 1 / 0.6745
_MARGIN = 12


@dataclass(frozen=True)
class Perturbation:
    """What is changed.

    Parameters
    ----------
    name : for tables
    shift_mm : of the mask along each axis of the array
    growth_mm : outwards, negative inwards
    contour_mm : standard deviation of a smooth random displacement of the outline
    noise : standard deviation of noise added to images, in units of their own
    """

    name: str
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    growth_mm: float = 0.0
    contour_mm: float = 0.0
    noise: float = 0.0


STANDARD = (
    Perturbation("as drawn"),
    Perturbation("moved by 0.5 mm right", shift_mm=(0.0, 0.0, 0.5)),
    Perturbation("moved by 0.5 mm back", shift_mm=(0.0, 0.5, 0.0)),
    Perturbation("grown by 0.5 mm", growth_mm=0.5),
    Perturbation("shrunk by 0.5 mm", growth_mm=-0.5),
    Perturbation("outline drawn again", contour_mm=0.5),
    Perturbation("noise of the image added", noise=1.0),
)
"""One measurement each; the first changes nothing."""


def perturbed_mask(mask: Mask, spacing_mm: tuple[float, ...], change: Perturbation, rng: np.random.Generator) -> Mask:
    """A mask moved, grown and drawn again; it may lose small parts but is never moved by its grid's coarseness.

    Parameters
    ----------
    mask : (z, y, x), not empty
    spacing_mm : along each axis of the array
    change : what is done
    rng : for the outline
    """
    box = grown(bounding_box(mask), _MARGIN, mask.shape)
    distance_mm = signed_distance_mm(mask[box], spacing_mm)
    if any(change.shift_mm):
        step = np.divide(change.shift_mm, spacing_mm)
        distance_mm = ndimage.shift(distance_mm, step, order=1, mode="nearest")
    distance_mm = distance_mm - change.growth_mm
    if change.contour_mm:
        distance_mm = distance_mm - _smooth_field(distance_mm.shape, spacing_mm, change.contour_mm, rng)
    changed = np.zeros_like(mask)
    changed[box] = distance_mm < 0
    return changed


def signed_distance_mm(mask: Mask, spacing_mm: tuple[float, ...]) -> NDArray[np.float64]:
    """Distance from the outline, which runs half-way between voxels; negative inside."""
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    inside = ndimage.distance_transform_edt(mask, sampling=spacing_mm)
    half = min(spacing_mm) / 2
    return np.where(mask, half - inside, outside - half)


def _smooth_field(
    shape: tuple[int, ...], spacing_mm: tuple[float, ...], deviation_mm: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Random displacement that varies over some 3 mm, as a hand does."""
    field = ndimage.gaussian_filter(rng.normal(size=shape), [3 / mm for mm in spacing_mm], mode="wrap")
    return np.asarray(field * deviation_mm / field.std())


def noise_level(image: NDArray[np.floating], mask: Mask) -> float:
    """Standard deviation of an image's noise around a region.

    Reference: Donoho & Johnstone, Biometrika 81 (1994) 425: median of the finest wavelet coefficients.
    """
    box = grown(bounding_box(mask), _MARGIN, image.shape)
    finest = dict(stationary_wavelet(np.asarray(image, np.float64), box))["wavelet-HHH"]
    return float(np.median(np.abs(finest)) * _MEDIAN_TO_DEVIATION)


def perturbed_image(image: NDArray[np.float32], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A magnitude image with noise of a given standard deviation added."""
    return np.asarray(np.abs(image + rng.normal(0, noise, image.shape)), np.float32)
