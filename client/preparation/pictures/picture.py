"""Slices as pictures: grey between two values, coloured by a scale, two images laid over each other."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Slice = NDArray[np.floating]
Pixels = NDArray[np.uint8]

# Nine points of viridis (van der Walt & Smith, 2015): its lightness rises evenly, also for the colour-blind.
_VIRIDIS = np.array(
    [
        (0x44, 0x01, 0x54),
        (0x47, 0x2D, 0x7B),
        (0x3B, 0x52, 0x8B),
        (0x2C, 0x72, 0x8E),
        (0x21, 0x91, 0x8C),
        (0x28, 0xAE, 0x80),
        (0x5E, 0xC9, 0x62),
        (0xAD, 0xDC, 0x30),
        (0xFD, 0xE7, 0x25),
    ],
    dtype=np.float64,
)
NO_VALUE = (0x2B, 0x2F, 0x36)
"""Where a map has none."""
IMPLAUSIBLE = (0xE0, 0x3A, 0x8C)
"""Where a map has a value that no tissue has."""


def window(values: NDArray[np.floating], low: float = 1.0, high: float = 99.5) -> tuple[float, float]:
    """Two percentiles of the finite values, never the same; 0 and 1 where there is none."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    bottom, top = np.percentile(finite, [low, high])
    return float(bottom), float(top if top > bottom else bottom + 1)


def grey(values: Slice, low: float, high: float) -> Pixels:
    """(rows, columns) black at `low` and below, white at `high` and above."""
    return np.asarray(_share(values, low, high) * 255 + 0.5).astype(np.uint8)


def coloured(values: Slice, low: float, high: float, plausible: NDArray[np.bool_] | None = None) -> Pixels:
    """(rows, columns, 3) by viridis from `low` to `high`; values that are missing or not plausible stand out."""
    place = _share(values, low, high) * (len(_VIRIDIS) - 1)
    below = np.minimum(place.astype(int), len(_VIRIDIS) - 2)
    share = (place - below)[..., None]
    pixels: Pixels = ((1 - share) * _VIRIDIS[below] + share * _VIRIDIS[below + 1] + 0.5).astype(np.uint8)
    if plausible is not None:
        pixels[~plausible] = IMPLAUSIBLE
    pixels[~np.isfinite(values)] = NO_VALUE
    return pixels


def fused(fixed: Slice, moving: Slice) -> Pixels:
    """(rows, columns, 3) the fixed image in magenta, the moving one in green: grey where they agree."""
    fixed_grey, moving_grey = (grey(values, *window(values, 2, 99)) for values in (fixed, moving))
    return np.stack([fixed_grey, moving_grey, fixed_grey], axis=-1)


def png(pixels: Pixels) -> bytes:
    """A picture without loss."""
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def jpeg(pixels: Pixels) -> bytes:
    """A large picture, with a loss that nobody sees."""
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _share(values: Slice, low: float, high: float) -> NDArray[np.float64]:
    return np.clip((np.nan_to_num(values.astype(np.float64), nan=low) - low) / (high - low), 0, 1)
