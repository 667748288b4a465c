"""Separable wavelets without decimation.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Separable wavelets" (25BO); the taps are those of PyWavelets.
"""

from collections.abc import Sequence

import numpy as np
import pywt
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.filters.boundary import convolve_line
from client.imaging.radiomics.ibsi.filters.rotation import pool, rotations
from shared.sections.ibsi import Boundary, Pooling

Array = NDArray[np.float64]


def wavelet(
    voxels: Array,
    family: str,
    bands: str,
    level: int,
    axes: Sequence[int],
    boundary: Boundary,
    pooling: Pooling | None,
) -> Array:
    """One sub-band of a level.

    Parameters
    ----------
    voxels : (z, y, x)
    family : by PyWavelets' name, as `db3`
    bands : L or H along each of `axes`
    level : of the decomposition, from 1; the filters of each are those of the one before with zeros between their
        taps, and act on its low-pass response
    axes : x, y and, in a volume, z
    boundary : beyond the edges
    pooling : over right-angled rotations; None for the sub-band as it stands
    """
    filters = dict(zip("LH", _taps(family), strict=True))
    as_it_stands = [(tuple(range(len(bands))), (False,) * len(bands))]
    turned = as_it_stands if pooling is None else rotations(len(bands))
    # Positions that differ come equally often: each once gives the same mean and maximum.
    positions = {tuple((bands[place], turn) for place, turn in zip(*rotation, strict=True)) for rotation in turned}

    def response(position: tuple[tuple[str, bool], ...]) -> Array:
        current = voxels
        for number in range(1, level + 1):
            for axis, (band, reverse) in zip(axes, position, strict=True):
                taps = _spread(filters[band if number == level else "L"], number)
                current = convolve_line(current, taps[::-1] if reverse else taps, axis, boundary)
        return current

    return pool((response(position) for position in sorted(positions)), pooling or Pooling.MEAN)


def reach(family: str, level: int) -> int:
    """Voxels that a sub-band reaches, over all levels."""
    taps = len(_taps(family)[0])
    return sum(len(_spread(np.ones(taps), number)) // 2 for number in range(1, level + 1))


def _taps(family: str) -> tuple[Array, Array]:
    """Low and high pass; a zero makes an even number of taps odd, so that a reversed filter has the same centre."""
    chosen = pywt.Wavelet(family)
    even = [0.0] * (1 - chosen.dec_len % 2)
    return np.array(chosen.dec_lo + even), np.array(chosen.dec_hi + even)


def _spread(taps: Array, level: int) -> Array:
    """Taps with zeros between them, for a level."""
    gap = 2 ** (level - 1)
    spread = np.zeros((len(taps) - 1) * gap + 1)
    spread[::gap] = taps
    return spread
