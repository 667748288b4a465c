"""The stationary wavelet transform inside a box, bit for bit that of the whole volume.

A filter of F taps reaches F - 1 voxels, so the rest of the volume need not be transformed. The sums run over
the taps in the order of PyWavelets: a coefficient that should be zero is then the same last bit away from zero,
which decides its grey level, since bins begin at zero.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pywt
from numpy.typing import NDArray

from client.imaging.radiomics.box import Box


def stationary_wavelet(
    volume: NDArray[np.floating],
    box: Box,
    wavelet: str = "coif1",
    level: int = 1,
    start_level: int = 0,
    axes: Sequence[int] = (2, 1, 0),
) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Sub-bands of a volume inside a box, named as PyRadiomics names them.

    Parameters
    ----------
    volume : (z, y, x) of real numbers, periodic; an odd axis is first padded by its first plane to an even length
    box : what is wanted
    wavelet, level, start_level : as in PyRadiomics; the filters are not dilated from level to level
    axes : axes that are transformed; the letters L and H of a name follow their order

    Yields
    ------
    name, (box) coefficients in the volume's precision: details of each level, then the last approximation
    """
    filters = _filters(wavelet, volume.dtype)
    rounds = start_level + level
    lines = [
        _Line(side.start, side.stop, length, len(filters["L"]) if axis in axes else 1)
        for axis, (side, length) in enumerate(zip(box, volume.shape, strict=True))
    ]
    window = volume
    for axis, line in enumerate(lines):
        window = window.take(line.index(rounds), axis)
    prefix = "wavelet"
    for left in reversed(range(rounds)):
        bands = {"": window}
        for axis in axes:
            bands = {
                name + letter: _convolve(band, taps, axis, lines[axis], left)
                for name, band in bands.items()
                for letter, taps in filters.items()
            }
        window = bands.pop("L" * len(axes))
        if left >= level:
            continue
        prefix = "wavelet" if left == level - 1 else f"wavelet{level - left}"
        for name, band in bands.items():
            yield f"{prefix}-{name}", band[tuple(line.inner(left) for line in lines)]
    yield f"{prefix}-{'L' * len(axes)}", window


@lru_cache(maxsize=16)
def _filters(wavelet: str, dtype: np.dtype[np.floating]) -> dict[str, NDArray[np.floating]]:
    """Low and high pass, as the response to an impulse: single precision has its own rounding of the taps."""
    taps = pywt.Wavelet(wavelet).dec_len
    impulse = np.zeros(4 * taps, dtype)
    impulse[taps + taps // 2] = 1
    return {
        letter: response[taps : 2 * taps]
        for letter, response in zip("LH", pywt.swt(impulse, wavelet, level=1)[0], strict=True)
    }


@dataclass(frozen=True)
class _Line:
    """The wanted part of a periodic axis, and what rounds of filtering reach around it."""

    first: int
    stop: int
    length: int
    taps: int

    @property
    def period(self) -> int:
        return self.length + self.length % 2

    def start(self, rounds: int) -> int:
        """First voxel that `rounds` rounds reach; negative where it wraps."""
        return self.first - (self.taps - 1 - self.taps // 2) * rounds

    def index(self, rounds: int) -> NDArray[np.intp]:
        """Voxels that `rounds` rounds reach, wrapped; the padded plane is a copy of the first."""
        wrapped = np.arange(self.start(rounds), self.stop + self.taps // 2 * rounds) % self.period
        return np.where(wrapped == self.length, 0, wrapped)

    def inner(self, rounds: int) -> slice:
        """The wanted part of a window that holds the reach of `rounds` rounds."""
        before = self.first - self.start(rounds)
        return slice(before, before + self.stop - self.first)


def _convolve(
    window: NDArray[np.floating], taps: NDArray[np.floating], axis: int, line: _Line, left: int
) -> NDArray[np.floating]:
    """Convolution of an axis where the taps lie wholly inside; `left` rounds are still to come after it."""
    planes = np.moveaxis(window, axis, 0)
    last = len(taps) - 1
    count = len(planes) - last
    total = taps[0] * planes[last:]
    for tap in range(1, len(taps)):
        total += taps[tap] * planes[last - tap :][:count]
    # Past the end of the period PyWavelets adds the wrapped taps backwards, before the others.
    place = (line.start(left) + np.arange(count)) % line.period
    wrapped = place + len(taps) // 2 - line.period + 1
    for plane in np.flatnonzero(wrapped > 2):
        order = [*range(wrapped[plane] - 1, -1, -1), *range(wrapped[plane], len(taps))]
        total[plane] = sum(taps[tap] * planes[plane + last - tap] for tap in order)
    return np.moveaxis(total, 0, axis)
