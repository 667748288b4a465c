"""Amide-proton-transfer-weighted asymmetry, corrected for the offset of the water resonance."""

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Mask, Saturation
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import AptRequest

APT_WEIGHTED = Quantity("apt_weighted", "%", -10, 15)


def _interpolate(offsets: Array, values: Array, wanted: Array) -> Array:
    """Value at `wanted` (voxels) on the cubic through the four offsets nearest to it; NaN far outside them.

    offsets : (n) increasing, three or more (three give a parabola); values : (n, voxels)
    """
    count = min(len(offsets), 4)
    centres = np.lib.stride_tricks.sliding_window_view(offsets, count).mean(axis=1)
    window = np.searchsorted((centres[1:] + centres[:-1]) / 2, wanted) + np.arange(count)[:, None]
    x, y = offsets[window], np.take_along_axis(values, window, axis=0)
    result = np.zeros_like(wanted)
    for i in range(count):
        weight = np.ones_like(wanted)
        for j in set(range(count)) - {i}:
            weight *= (wanted - x[j]) / (x[i] - x[j])
        result += weight * y[i]
    # A quarter of a step beyond the last offset the cubic still follows the spectrum.
    slack = 0.25 * float(np.min(np.diff(offsets)))
    covered = (wanted >= offsets[0] - slack) & (wanted <= offsets[-1] + slack)
    return np.where(covered, result, np.nan)


def apt_weighted(
    signal: Array,
    offsets_ppm: Array,
    unsaturated: Array,
    b0_ppm: Array,
    offset_ppm: float = 3.5,
    inside: Mask | None = None,
) -> Array:
    """APTw = 100 (S(-3.5 ppm) - S(+3.5 ppm)) / S0, both offsets counted from the voxel's own water resonance.

    Parameters
    ----------
    signal : (..., n) after saturation
    offsets_ppm : (n) from the nominal water frequency, at least three on each side
    unsaturated : (...) S0
    b0_ppm : (...) offset of the water resonance from nominal
    inside : (...) where to compute; everywhere if None

    Returns
    -------
    (...) float32, per cent; NaN where S0 is not positive, or the shifted offsets lie outside those measured

    Raises
    ------
    ValueError for fewer than three offsets on a side.

    Reference: Zhou et al., Magnetic Resonance in Medicine 88 (2022) 546 (consensus), equation 2.
    """
    offsets = np.asarray(offsets_ppm, dtype=np.float64)
    order = np.argsort(offsets)
    sides = [order[offsets[order] < 0], order[offsets[order] > 0]]
    if min(len(side) for side in sides) < 3:
        raise ValueError("APT asymmetry with B0 correction needs at least three offsets on each side")
    n = len(offsets)

    def block(values: Array) -> tuple[Array, ...]:
        s0, b0 = values[n], values[n + 1]
        negative, positive = (
            _interpolate(offsets[side], values[side], sign * offset_ppm + b0)
            for side, sign in zip(sides, (-1, 1), strict=True)
        )
        return (100 * (negative - positive) / np.where(s0 > 0, s0, np.nan),)

    return by_blocks(block, signal, 1, beside=(unsaturated, b0_ppm), inside=inside, dtype=np.float64)[0]


def _need_offsets(acquired: Acquisition, request: AptRequest) -> str | None:
    offsets = sorted(acquired.get(Saturation).offsets_ppm)
    near = [sum(abs(sign * offset - request.offset_ppm) <= 1.0 for offset in offsets) for sign in (-1, 1)]
    if min(near) >= 3:
        return None
    return (
        f"three offsets within 1 ppm of {request.offset_ppm:g} ppm on each side of water, for the B0 correction "
        f"(there are: {', '.join(f'{offset:g}' for offset in offsets)} ppm)"
    )


def _need_b0(acquired: Acquisition, _: object) -> str | None:
    return "a B0 map" if acquired.get(Saturation).b0_ppm is None else None


def _need_fat_suppression(acquired: Acquisition, _: object) -> str | None:
    if acquired.get(Saturation).fat_suppressed:
        return None
    return "fat suppression, declared (fat at -3.5 ppm would look like an asymmetry)"


def _compute(acquired: Acquisition, request: AptRequest) -> MapResult:
    series = acquired.get(Saturation)
    assert series.b0_ppm is not None
    values = apt_weighted(
        series.signal,
        np.asarray(series.offsets_ppm),
        series.unsaturated,
        series.b0_ppm,
        request.offset_ppm,
        acquired.regions.get("breast"),
    )
    return MapResult((Volume(APT_WEIGHTED, values),))


MAP = QuantitativeMap(
    reads=(Saturation,),
    needs=(_need_offsets, _need_b0, _need_fat_suppression),
    gives=(APT_WEIGHTED,),
    compute=_compute,
)
