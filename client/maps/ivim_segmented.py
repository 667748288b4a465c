"""Intravoxel incoherent motion in two steps: diffusion where perfusion no longer contributes, then the rest.

A hundred times as fast as the full fit, and biased: what perfusion is left at the split counts as diffusion, and the
error of D goes on into f and D*.
"""

import numpy as np

from client.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.maps.b_values import need_b_values, signal_and_b
from client.maps.fitting.blocks import by_blocks
from client.maps.fitting.compiled import compiled
from client.maps.fitting.exponential import decay_single
from client.maps.fitting.log_linear import LogLinear
from client.maps.ivim import (
    DIFFUSION,
    FASTEST,
    PERFUSION_FRACTION,
    PSEUDO_DIFFUSION,
    SLOWEST,
    IvimFit,
)
from client.maps.quantitative_map import QuantitativeMap
from client.maps.quantity import MapResult
from shared.sections.maps import SegmentedIvimRequest

# The inner loops run over this many voxels, in vector registers and in the first-level cache.
_TILE = 256
_STEPS = 4


@compiled
def _perfusion(s: Array, b: Array, slow: Array, result: Array) -> None:
    """Second step: with D and the diffusing signal given, f and D*.

    s : (m, voxels) signal of the images under the split, the first row the mean at b = 0; b : (m), ms/µm²
    slow : (3, voxels) ln A, D and residual of the first step
    result : (4, voxels), written: f, D and D* in mm²/s, residual
    """
    m, voxels = s.shape
    rest, fast = np.empty((m, _TILE), np.float32), np.empty(_TILE, np.float32)
    amplitude, slope, square = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    one, quarter, four, zero = np.float32(1), np.float32(0.25), np.float32(4), np.float32(0)
    thousandth = np.float32(1e-3)
    faint, third, fifth = np.float32(0.02), np.float32(1 / 3), np.float32(1 / 5)
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        for v in range(size):
            amplitude[v] = s[0, begin + v] - slow[0, begin + v]
            slope[v] = zero
            square[v] = zero
        for i in range(1, m):
            for v in range(size):
                diffusing = slow[0, begin + v] * decay_single(b[i] * max(slow[1, begin + v], zero))
                rest[i, v] = s[i, begin + v] - diffusing
                # Start: the decay's logarithm, weighted by its square; a short series is near enough.
                share = min(max(rest[i, v] / amplitude[v], faint), one)
                z = (one - share) / (one + share)
                log = z * (one + z * z * (third + z * z * fifth))
                slope[v] += share * share * b[i] * log
                square[v] += share * share * b[i] * b[i]
        for v in range(size):
            start = (slope[v] + slope[v]) / square[v]
            fast[v] = min(max(start, SLOWEST), FASTEST)
        for _ in range(_STEPS):
            for v in range(size):
                slope[v] = zero
                square[v] = np.float32(1e-20)
            for i in range(1, m):
                for v in range(size):
                    curve = amplitude[v] * decay_single(b[i] * fast[v])
                    derivative = -b[i] * curve
                    slope[v] += derivative * (rest[i, v] - curve)
                    square[v] += derivative * derivative
            for v in range(size):
                # A Gauss-Newton step of at most a factor of four, which keeps it from running away.
                factor = min(max(one + slope[v] / (square[v] * fast[v]), quarter), four)
                fast[v] = min(max(fast[v] * factor, SLOWEST), FASTEST)
        for v in range(size):
            f = amplitude[v] / s[0, begin + v]
            within = f > zero and fast[v] > SLOWEST and fast[v] < FASTEST
            result[0, begin + v] = f
            result[1, begin + v] = slow[1, begin + v] * thousandth
            result[2, begin + v] = fast[v] * thousandth if within else np.nan
            result[3, begin + v] = slow[2, begin + v]


def ivim_segmented(
    signal: Array, b_values: Array, perfusion_free_b: float = 200, inside: Mask | None = None
) -> IvimFit:
    """S / S0 = f exp(-b D*) + (1 - f) exp(-b D) in two steps.

    D and the diffusing signal A come from the images at `perfusion_free_b` and over (weighted log-linear least
    squares), f = 1 - A / S(0), and D* from what the images below have over A exp(-b D) (least squares).

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units
    b_values : (n_b) s/mm²: zero, one other below the split, two distinct from it on
    perfusion_free_b : the split, s/mm²
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    IvimFit, its residual that of the first step. NaN where a signal from the split on is not positive; D* is NaN
    at its bounds and where f is not positive.

    Raises
    ------
    ValueError where b-values are missing.

    Reference: Le Bihan et al., Radiology 168 (1988) 497; Federau, NMR in Biomedicine 30 (2017) e3780.
    """
    b = np.asarray(b_values, dtype=np.float64)
    over = np.flatnonzero(b >= perfusion_free_b)
    zero = np.flatnonzero(b == 0)
    between = np.flatnonzero((b > 0) & (b < perfusion_free_b))
    if len(np.unique(b[over])) < 2 or not len(zero) or not len(between):
        raise ValueError("segmented IVIM needs b = 0, one b-value below the split and two from it on")
    diffusing = LogLinear(np.stack([np.ones(len(over)), -b[over] / 1000], axis=1))
    low_b = np.concatenate([[0.0], b[between] / 1000]).astype(np.float32)

    def block(s: Array) -> tuple[Array, ...]:
        slow = diffusing.block(s[over])
        slow[0] = np.exp(slow[0])
        below = np.empty((len(low_b), s.shape[1]), dtype=np.float32)
        below[0] = s[zero[0]] if len(zero) == 1 else s[zero].mean(axis=0)
        for row, index in zip(below[1:], between, strict=True):
            row[:] = s[index]
        result = np.empty((4, s.shape[1]), dtype=np.float32)
        _perfusion(below, low_b, slow, result)
        return tuple(result)

    f, d, d_star, residual = by_blocks(block, signal, 4, inside=inside)
    return IvimFit(f, d, d_star, residual, np.isfinite(f))


def _need_both_sides(acquired: Acquisition, request: SegmentedIvimRequest) -> str | None:
    split = request.perfusion_free_b
    return need_b_values(4, under=(2, split), over=(2, split), zero=True)(acquired, request)


def _compute(acquired: Acquisition, request: SegmentedIvimRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), request)
    fit = ivim_segmented(signal, b, request.perfusion_free_b, acquired.regions.get("breast"))
    return fit.result()


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(_need_both_sides,),
    gives=(PERFUSION_FRACTION, DIFFUSION, PSEUDO_DIFFUSION),
    compute=_compute,
)
