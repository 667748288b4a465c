"""Regions drawn over an image, for the page on which a hospital reviews its own patients.

A picture of a patient never leaves the hospital; reports show those of simulated patients only.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.box import Box, Mask, bounding_box, grown, union

# Colours that people with any colour vision tell apart: Okabe & Ito, 2008.
COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
MARGIN_MM = 12.0
"""How much of the image a picture shows around the regions."""
_SHADE = 0.45


def overlay(
    image: NDArray[np.floating],
    regions: Mapping[str, Mask],
    spacing_mm: tuple[float, ...],
    pixel_mm: float = 0.25,
    filled: bool = True,
) -> NDArray[np.uint8]:
    """The slice that holds most of the first region, cut to the regions, without and with them.

    Parameters
    ----------
    image : (z, y, x)
    regions : name -> (z, y, x); the n-th has the n-th colour of `COLOURS`
    spacing_mm : along each axis of the arrays
    pixel_mm : size of a pixel of the picture
    filled : shade the regions, not only their outlines

    Returns
    -------
    (rows, columns, 3) picture; of nothing but grey where all regions are empty
    """
    drawn = [inside for inside in regions.values() if inside.any()]
    first = next(iter(drawn), np.zeros(image.shape, bool))
    number = int(first.sum(axis=(1, 2)).argmax())
    part: Box = (slice(0, image.shape[1]), slice(0, image.shape[2]))
    if drawn:
        around = union(bounding_box(inside) for inside in drawn)[1:]
        part = tuple(
            grown((side,), int(MARGIN_MM / mm), (length,))[0]
            for side, mm, length in zip(around, spacing_mm[1:], image.shape[1:], strict=True)
        )
    zoom = [mm / pixel_mm for mm in spacing_mm[1:]]
    grey = _window(ndimage.zoom(image[number][part].astype(np.float64), zoom, order=1))
    left = np.repeat(grey[..., None], 3, axis=2)
    right = left.copy()
    for colour, inside in zip(COLOURS, regions.values(), strict=False):
        region = ndimage.zoom(inside[number][part].astype(np.uint8), zoom, order=0) > 0
        if filled:
            right[region] = (1 - _SHADE) * right[region] + _SHADE * np.array(colour)
        right[region & ~ndimage.binary_erosion(region, iterations=2)] = colour
    return np.concatenate([left, right], axis=1).astype(np.uint8)


def _window(slice_: NDArray[np.float64]) -> NDArray[np.float64]:
    """Grey from 0 to 255 between the 1st and the 99th percentile."""
    finite = slice_[np.isfinite(slice_)]
    low, high = np.percentile(finite, [1, 99]) if finite.size else (0.0, 1.0)
    return np.clip((np.nan_to_num(slice_, nan=low) - low) / max(high - low, 1e-12), 0, 1) * 255
