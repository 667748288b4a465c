"""Weighted least squares of the logarithm of a signal on a design that all voxels share.

The logarithm spreads the noise of small signals: unweighted, the last b-value rules the fit. Weights are the squared
signals that a first, unweighted fit predicts, which makes the estimate as efficient as the non-linear one.

Reference: Veraart et al., NeuroImage 81 (2013) 335 (WLLS with one re-weighting).
"""

import numpy as np

from client.maps.acquisition import Array, Mask
from client.maps.fitting.blocks import by_blocks
from client.maps.fitting.compiled import compiled
from client.maps.fitting.exponential import decay_single

# The inner loops run over this many voxels, in vector registers (single precision: twice as many) and in the
# first-level cache.
_TILE = 256


@compiled
def _reweighted(log: Array, design: Array, inverse: Array, result: Array) -> None:
    """Fit (n, voxels) logarithms; result (k + 1, voxels): coefficients, then the residual.

    The second fit is of what the first one left, so that rounding stays relative to the correction.
    """
    n, voxels = log.shape
    k = design.shape[1]
    first, rest = np.empty((k, _TILE), np.float32), np.empty(_TILE, np.float32)
    weight, squares = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    matrix, right = np.empty((k, k, _TILE), np.float32), np.empty((k, _TILE), np.float32)
    for begin in range(0, voxels, _TILE):
        size = min(_TILE, voxels - begin)
        first[:] = 0.0
        matrix[:] = 0.0
        right[:] = 0.0
        squares[:] = 0.0
        for i in range(n):
            for j in range(k):
                for v in range(size):
                    first[j, v] += inverse[j, i] * log[i, begin + v]
        for i in range(n):
            for v in range(size):
                weight[v] = 0.0
                rest[v] = log[i, begin + v] - first[0, v]
            for j in range(1, k):
                for v in range(size):
                    weight[v] -= design[i, j] * first[j, v]
                    rest[v] -= design[i, j] * first[j, v]
            for v in range(size):
                # Squared signal over squared S0; a fit that rises with b is weighted no more than b = 0.
                weight[v] = decay_single(np.float32(2) * max(weight[v], np.float32(0)))
            for j in range(k):
                for v in range(size):
                    right[j, v] += weight[v] * design[i, j] * rest[v]
                for m in range(j, k):
                    for v in range(size):
                        matrix[j, m, v] += weight[v] * design[i, j] * design[i, m]
            for v in range(size):
                squares[v] += weight[v] * rest[v] * rest[v]
        for j in range(k):
            for m in range(j + 1, k):
                for v in range(size):
                    rest[v] = matrix[j, m, v] / matrix[j, j, v]
                for h in range(m, k):
                    for v in range(size):
                        matrix[m, h, v] -= rest[v] * matrix[j, h, v]
                for v in range(size):
                    right[m, v] -= rest[v] * right[j, v]
            for v in range(size):
                # What this direction explains leaves the sum of squares.
                squares[v] -= right[j, v] * right[j, v] / matrix[j, j, v]
        for j in range(k - 1, -1, -1):
            for m in range(j + 1, k):
                for v in range(size):
                    right[j, v] -= matrix[j, m, v] * right[m, v]
            for v in range(size):
                right[j, v] /= matrix[j, j, v]
                result[j, begin + v] = first[j, v] + right[j, v]
        for v in range(size):
            result[k, begin + v] = np.sqrt(max(squares[v], np.float32(0)) / np.float32(n))


def fit_logarithms(signal: Array, design: Array) -> Array:
    """Fit one block.

    Parameters
    ----------
    signal : (n, voxels) float32 magnitude
    design : (n, k) with entries of about 1, the first column of ones

    Returns
    -------
    (k + 1, voxels) float32: coefficients, then the root mean square residual as a share of S0; NaN where a signal
    is not positive
    """
    log = np.log(signal)
    np.copyto(log, np.float32(np.nan), where=np.isinf(log))
    result = np.empty((design.shape[1] + 1, signal.shape[1]), dtype=np.float32)
    _reweighted(log, design.astype(np.float32), np.linalg.pinv(design).astype(np.float32), result)
    return result


def log_linear(signal: Array, design: Array, inside: Mask | None = None) -> tuple[Array, ...]:
    """Fit ln S = X beta, whose first column is of ones, so that beta_0 = ln S0, over whole volumes.

    Parameters
    ----------
    signal : (..., n) magnitude
    design : (n, k) with entries of about 1
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    k + 1 arrays of (...): the coefficients, and the root mean square residual as a share of S0; NaN where a
    signal is not positive
    """

    def block(values: Array) -> tuple[Array, ...]:
        return tuple(fit_logarithms(values, design))

    return by_blocks(block, signal, design.shape[1] + 1, inside=inside)
