"""Weighted least squares of the logarithm of a signal on a design that all voxels share.

The logarithm spreads the noise of small signals: unweighted, the last b-value rules the fit. Weights are the squared
signals that a first, unweighted fit predicts, which makes the estimate as efficient as the non-linear one.

Reference: Veraart et al., NeuroImage 81 (2013) 335 (WLLS with one re-weighting).
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import compiled
from client.imaging.maps.fitting.exponential import decay_single
from client.imaging.maps.fitting.logarithm import log_single

Images = NDArray[np.intp]
"""Which rows of a block are meant."""

# The inner loops run over this many voxels, in vector registers (single precision: twice as many) and in the
# first-level cache. They go over rows that are arrays of their own: only then does the compiler see that these do not
# overlap.
_TILE = 512


@compiled
def _logarithms(signal: Array, images: Images, begin: int, size: int, log: Array) -> None:
    """Logarithms (n, tile) of the signals of a tile."""
    for i in range(len(images)):
        s, y = signal[images[i], begin : begin + size], log[i]
        for v in range(size):
            y[v] = log_single(s[v])


@compiled
def _first_fit(signal: Array, images: Images, begin: int, size: int, inverse: Array, log: Array, first: Array) -> None:
    """Coefficients (k, tile) of the unweighted fit."""
    _logarithms(signal, images, begin, size, log)
    first[:] = 0
    for i in range(len(images)):
        y = log[i]
        for j in range(len(first)):
            a, factor = first[j], inverse[j, i]
            for v in range(size):
                a[v] += factor * y[v]


@compiled
def _weighted_sums(
    size: int, design: Array, log: Array, first: Array, matrix: Array, right: Array, squares: Array, of_signal: bool
) -> None:
    """Normal equations of what the first fit left of the logarithms, or of the signals themselves.

    of_signal : what is left is signal over model minus one: with the weights, the residual of a non-linear fit

    matrix : (k (k + 1) / 2, tile) upper triangle row by row, written
    right : (k, tile), written
    squares : (tile), written
    """
    k = len(first)
    weight = np.empty(_TILE, np.float32)
    zero, one, two, most = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
    matrix[:] = 0
    right[:] = 0
    squares[:] = 0
    for i in range(len(log)):
        rest, constant = log[i], first[0]
        for v in range(size):
            rest[v] -= constant[v]
            weight[v] = zero
        for j in range(1, k):
            a, factor = first[j], design[i, j]
            for v in range(size):
                weight[v] += factor * a[v]
        for v in range(size):
            left = rest[v] - weight[v]
            if of_signal:
                ratio = decay_single(min(abs(left), most))
                left = (one / ratio if left > zero else ratio) - one
            # Squared signal over squared S0; a fit that rises with b is weighted no more than b = 0.
            w = decay_single(two * max(-weight[v], zero))
            squares[v] += w * left * left
            weight[v], rest[v] = w, w * left
        row = 0
        for j in range(k):
            a, factor = right[j], design[i, j]
            for v in range(size):
                a[v] += factor * rest[v]
            for m in range(j, k):
                a, product = matrix[row], factor * design[i, m]
                row += 1
                for v in range(size):
                    a[v] += product * weight[v]


@compiled
def _solve(size: int, matrix: Array, right: Array, squares: Array) -> None:
    """Solve the normal equations in place; what they explain leaves the sum of squares."""
    k = len(right)
    one = np.float32(1)
    pivot, factor = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    start = 0
    for j in range(k):
        diagonal, own = matrix[start], right[j]
        for v in range(size):
            pivot[v] = one / diagonal[v]
            squares[v] -= own[v] * own[v] * pivot[v]
            diagonal[v] = pivot[v]
        below = start + k - j
        for m in range(j + 1, k):
            a = matrix[start + m - j]
            for v in range(size):
                factor[v] = a[v] * pivot[v]
            for h in range(m, k):
                target, source = matrix[below + h - m], matrix[start + h - j]
                for v in range(size):
                    target[v] -= factor[v] * source[v]
            below += k - m
            target = right[m]
            for v in range(size):
                target[v] -= factor[v] * own[v]
        start += k - j
    for j in range(k - 1, -1, -1):
        start -= k - j
        own, diagonal = right[j], matrix[start]
        for m in range(j + 1, k):
            source, a = right[m], matrix[start + m - j]
            for v in range(size):
                own[v] -= a[v] * source[v]
        for v in range(size):
            own[v] *= diagonal[v]


@compiled
def _reweighted(signal: Array, images: Images, design: Array, inverse: Array, polish: bool, result: Array) -> None:
    """Fit the chosen rows of (..., voxels) signals; result (k + 1, voxels): coefficients, then the residual.

    The second fit is of what the first one left, so that rounding stays relative to the correction.
    """
    n, k = design.shape
    voxels = signal.shape[1]
    log, first = np.empty((n, _TILE), np.float32), np.empty((k, _TILE), np.float32)
    matrix = np.empty((k * (k + 1) // 2, _TILE), np.float32)
    right, squares = np.empty((k, _TILE), np.float32), np.empty(_TILE, np.float32)
    zero, count, infinite, nan = np.float32(0), np.float32(n), np.float32(np.inf), np.float32(np.nan)
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        _first_fit(signal, images, begin, size, inverse, log, first)
        _weighted_sums(size, design, log, first, matrix, right, squares, False)
        _solve(size, matrix, right, squares)
        if polish:
            for j in range(k):
                initial, correction = first[j], right[j]
                for v in range(size):
                    initial[v] += correction[v]
            _logarithms(signal, images, begin, size, log)
            _weighted_sums(size, design, log, first, matrix, right, squares, True)
            _solve(size, matrix, right, squares)
        for j in range(k):
            initial, correction, out = first[j], right[j], result[j, begin : begin + size]
            for v in range(size):
                value = initial[v] + correction[v]
                out[v] = value if abs(value) < infinite else nan
        constant, out = result[0, begin : begin + size], result[k, begin : begin + size]
        for v in range(size):
            out[v] = np.sqrt(max(squares[v], zero) / count) if abs(constant[v]) < infinite else nan


class LogLinear:
    """Fit of ln S = X beta, whose first column is of ones, so that beta_0 = ln S0.

    Parameters
    ----------
    design : (n, k) with entries of about 1
    images : (n) which rows of a block are fitted; all if None
    polish : one more step, of the signals' least squares: where many images are faint, the logarithm's bias matters
    """

    def __init__(self, design: Array, images: Images | None = None, polish: bool = False) -> None:
        self._polish = polish
        self._images = np.arange(len(design)) if images is None else images
        self._design = np.ascontiguousarray(design, dtype=np.float32)
        self._inverse = np.linalg.pinv(design).astype(np.float32)

    def block(self, signal: Array) -> Array:
        """Fit one block.

        Parameters
        ----------
        signal : (..., voxels) float32 magnitude

        Returns
        -------
        (k + 1, voxels) float32: coefficients, then the root mean square residual as a share of S0; NaN where a
        signal is not positive
        """
        result = np.empty((self._design.shape[1] + 1, signal.shape[1]), dtype=np.float32)
        _reweighted(signal, self._images, self._design, self._inverse, self._polish, result)
        return result
