"""Weighted least squares of the logarithm of a signal on a design that all voxels share.

The logarithm spreads the noise of small signals: unweighted, the last b-value rules the fit. Weights are the squared
signals that a first, unweighted fit predicts, which makes the estimate as efficient as the non-linear one.

Reference: Veraart et al., NeuroImage 81 (2013) 335 (WLLS with one re-weighting).
"""

import numpy as np

from client.maps.acquisition import Array
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
                value = first[j, v] + right[j, v]
                result[j, begin + v] = value if abs(value) < np.inf else np.nan
        for v in range(size):
            value = np.sqrt(max(squares[v], np.float32(0)) / np.float32(n))
            result[k, begin + v] = value if abs(result[0, begin + v]) < np.inf else np.nan


class LogLinear:
    """Fit of ln S = X beta, whose first column is of ones, so that beta_0 = ln S0.

    Parameters
    ----------
    design : (n, k) with entries of about 1
    """

    def __init__(self, design: Array) -> None:
        self._design = np.ascontiguousarray(design, dtype=np.float32)
        self._inverse = np.linalg.pinv(design).astype(np.float32)

    def block(self, signal: Array) -> Array:
        """Fit one block.

        Parameters
        ----------
        signal : (n, voxels) float32 magnitude

        Returns
        -------
        (k + 1, voxels) float32: coefficients, then the root mean square residual as a share of S0; NaN where a
        signal is not positive
        """
        result = np.empty((self._design.shape[1] + 1, signal.shape[1]), dtype=np.float32)
        _reweighted(np.log(signal), self._design, self._inverse, result)
        return result
