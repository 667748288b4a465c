"""Filtered images inside a box: the two slow filters of PyRadiomics made fast, the others as they are."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from radiomics import imageoperations

from client.imaging.radiomics.box import Box, Mask
from client.imaging.radiomics.laplacian_of_gaussian import laplacian_of_gaussian
from client.imaging.radiomics.resampling import SpacingMm, as_array, as_image
from client.imaging.radiomics.settings import Settings
from client.imaging.radiomics.wavelet import stationary_wavelet

Response = tuple[str, NDArray[np.floating], dict[str, Any]]
"""Name of the filtered image, its voxels inside the box, the settings under which its features are taken."""


def responses(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, inside: Mask, box: Box, settings: Settings
) -> Iterator[Response]:
    """Every filtered image that the settings ask for, in their order.

    Parameters
    ----------
    voxels : (z, y, x) all that a filter may see
    spacing_mm : along each axis of the array
    inside : (z, y, x) region, for filters that work on its voxels only
    box : part that is wanted
    settings : which filters
    """
    for image_type, own in settings.image_types.items():
        setting = settings.setting | own
        if image_type == "Original":
            yield "original", voxels[box], setting
        elif image_type == "LoG":
            for name, response in _laplacians(voxels, spacing_mm, box, setting):
                yield name, response, setting
        elif image_type == "Wavelet":
            for name, response in _wavelets(voxels, box, setting):
                yield name, response, setting
        else:
            filtered = getattr(imageoperations, f"get{image_type}Image")
            label = as_image(inside.astype(np.uint8), spacing_mm)
            for image, name, _ in filtered(as_image(voxels, spacing_mm), label, **(setting | {"label": 1})):
                yield name, as_array(image)[box], setting


def _laplacians(
    voxels: NDArray[np.floating], spacing_mm: SpacingMm, box: Box, setting: Mapping[str, Any]
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    for sigma in setting.get("sigma", []):
        # PyRadiomics leaves out a sigma that does not fit, and so do we; the caller misses the name.
        least = np.maximum(np.ceil(sigma / np.asarray(spacing_mm)) + 1, 4)
        if np.all(np.asarray(voxels.shape) >= least):
            name = f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D"
            yield name, laplacian_of_gaussian(voxels, spacing_mm, box, sigma)


def _wavelets(
    voxels: NDArray[np.floating], box: Box, setting: Mapping[str, Any]
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    axes = [2, 1, 0]
    if setting["force2D"]:
        axes.remove(setting["force2Ddimension"])
    real = voxels if np.issubdtype(voxels.dtype, np.floating) else voxels.astype(np.float64)
    options = {key: setting[key] for key in ("wavelet", "level", "start_level") if key in setting}
    return stationary_wavelet(real, box, axes=axes, **options)
