"""Intravoxel incoherent motion in two steps: diffusion where perfusion no longer contributes, then the rest.

A hundred times as fast as the full fit, and biased: what perfusion is left at the split counts as diffusion, and the
error of D goes on into f and D*.
"""

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.compiled import compiled
from client.imaging.maps.fitting.exponential import decay_single
from client.imaging.maps.fitting.log_linear import Images, LogLinear
from client.imaging.maps.ivim import (
    DIFFUSION,
    FASTEST,
    PERFUSION_FRACTION,
    PSEUDO_DIFFUSION,
    SLOWEST,
    IvimFit,
)
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult
from shared.sections.maps import SegmentedIvimRequest

# The inner loops run over this many voxels, in vector registers and in the first-level cache.
_TILE = 256
_STEPS = 4


@compiled
def _perfusion(s: Array, zero_b: Images, between: Images, b: Array, slow: Array, result: Array) -> None:
    """Second step: with D and the diffusing signal given, f and D*.

    s : (n, voxels) signal; zero_b, between : which images have b = 0, and b between that and the split
    b : (n) ms/µm²
    slow : (3, voxels) A, D and residual of the first step
    result : (4, voxels), written: f, D and D* in mm²/s, residual
    """
    voxels, m = s.shape[1], len(between)
    rest, fast, whole = np.empty((m, _TILE), np.float32), np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    amplitude, inverse = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    slope, square = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    seen = np.empty(_TILE, np.float32)
    one, quarter, four, zero = np.float32(1), np.float32(0.25), np.float32(4), np.float32(0)
    two, tiny, nan, thousandth = np.float32(2), np.float32(1e-20), np.float32(np.nan), np.float32(1e-3)
    per_image = one / np.float32(len(zero_b))
    faint, third, fifth = np.float32(0.02), np.float32(1 / 3), np.float32(1 / 5)
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        tile = slice(begin, begin + size)
        diffusing, d = slow[0, tile], slow[1, tile]
        whole[:] = zero
        for i in range(len(zero_b)):
            measured = s[zero_b[i], tile]
            for v in range(size):
                whole[v] += measured[v]
        for v in range(size):
            whole[v] *= per_image
            amplitude[v] = whole[v] - diffusing[v]
            inverse[v] = one / amplitude[v]
            seen[v] = whole[v]
            slope[v] = zero
            square[v] = zero
        for i in range(m):
            measured, left, at = s[between[i], tile], rest[i], b[between[i]]
            for v in range(size):
                left[v] = measured[v] - diffusing[v] * decay_single(at * max(d[v], zero))
                seen[v] += measured[v]
            for v in range(size):
                # Start: the decay's logarithm, weighted by its square; a short series is near enough.
                share = min(max(left[v] * inverse[v], faint), one)
                z = (one - share) / (one + share)
                log = z * (one + z * z * (third + z * z * fifth))
                slope[v] += share * share * at * log
                square[v] += share * share * at * at
        for v in range(size):
            fast[v] = min(max(two * slope[v] / square[v], SLOWEST), FASTEST)
        for _ in range(_STEPS):
            for v in range(size):
                slope[v] = zero
                square[v] = tiny
            for i in range(m):
                left, at = rest[i], b[between[i]]
                for v in range(size):
                    curve = amplitude[v] * decay_single(at * fast[v])
                    derivative = -at * curve
                    slope[v] += derivative * (left[v] - curve)
                    square[v] += derivative * derivative
            for v in range(size):
                # A Gauss-Newton step of at most a factor of four, which keeps it from running away.
                factor = min(max(one + slope[v] / (square[v] * fast[v]), quarter), four)
                fast[v] = min(max(fast[v] * factor, SLOWEST), FASTEST)
        f, slowly, quickly = result[0, tile], result[1, tile], result[2, tile]
        for v in range(size):
            # A sum with a missing image in it equals nothing, itself neither.
            known = seen[v] == seen[v]
            f[v] = amplitude[v] / whole[v] if known else nan
            slowly[v] = d[v] * thousandth if known else nan
            within = f[v] > zero and fast[v] > SLOWEST and fast[v] < FASTEST
            quickly[v] = fast[v] * thousandth if within else nan
        result[3, tile] = slow[2, tile]


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
    IvimFit, its residual that of the first step. NaN where a signal is missing, or from the split on is not positive;
    D* is NaN at its bounds and where f is not positive.

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
    diffusing = LogLinear(np.stack([np.ones(len(over)), -b[over] / 1000], axis=1), images=over)
    in_ms_per_um2 = (b / 1000).astype(np.float32)

    def block(s: Array) -> tuple[Array, ...]:
        slow = diffusing.block(s)
        np.exp(slow[0], out=slow[0])
        result = np.empty((4, s.shape[1]), dtype=np.float32)
        _perfusion(s, zero, between, in_ms_per_um2, slow, result)
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
