"""The linear part of a separable model: one or two non-negative amplitudes of given curves.

All arrays end with the axis of the lanes (voxels that are fitted together).
"""

import numpy as np

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import LANES, compiled

# Two curves count as one where the sine of the angle between them is under the root of this.
_ALIKE = 1e-12


@compiled
def _non_negative_pair(g00: Array, g01: Array, g11: Array, u0: Array, u1: Array, amplitudes: Array) -> None:
    """Best non-negative amplitudes from the curves' inner products with each other (g) and the signal (u)."""
    for w in range(LANES):
        determinant = g00[w] * g11[w] - g01[w] * g01[w]
        a0 = u0[w] * g11[w] - u1[w] * g01[w]
        a1 = u1[w] * g00[w] - u0[w] * g01[w]
        both = determinant > _ALIKE * g00[w] * g11[w] and a0 >= 0 and a1 >= 0
        # Where one of them would be negative, the curve that explains more alone.
        p0, p1 = max(u0[w], 0.0), max(u1[w], 0.0)
        first = p0 * p0 * g11[w] > p1 * p1 * g00[w]
        alone0 = p0 / g00[w] if first else 0.0
        alone1 = 0.0 if first or p1 == 0 else p1 / g11[w]
        amplitudes[0, w] = a0 / determinant if both else alone0
        amplitudes[1, w] = a1 / determinant if both else alone1


@compiled
def solve_amplitudes(curves: Array, signal: Array, amplitudes: Array, residual: Array, squares: Array) -> None:
    """Set the best non-negative amplitudes, the residual and the sum of its squares.

    Parameters
    ----------
    curves : (q, n, lanes), q one or two
    signal : (n, lanes)
    amplitudes : (q, lanes), written
    residual : (n, lanes) signal minus model, written
    squares : (lanes), written
    """
    q, n, _ = curves.shape
    sums = np.zeros((5, LANES))
    for i in range(n):
        for w in range(LANES):
            sums[0, w] += curves[0, i, w] * curves[0, i, w]
            sums[3, w] += curves[0, i, w] * signal[i, w]
    if q == 1:
        for w in range(LANES):
            amplitudes[0, w] = max(sums[3, w], 0.0) / sums[0, w] if sums[0, w] > 0 else 0.0
    else:
        for i in range(n):
            for w in range(LANES):
                sums[1, w] += curves[0, i, w] * curves[1, i, w]
                sums[2, w] += curves[1, i, w] * curves[1, i, w]
                sums[4, w] += curves[1, i, w] * signal[i, w]
        _non_negative_pair(sums[0], sums[1], sums[2], sums[3], sums[4], amplitudes)
    for w in range(LANES):
        squares[w] = 0.0
    for i in range(n):
        for w in range(LANES):
            residual[i, w] = signal[i, w] - amplitudes[0, w] * curves[0, i, w]
        if q == 2:
            for w in range(LANES):
                residual[i, w] -= amplitudes[1, w] * curves[1, i, w]
        for w in range(LANES):
            squares[w] += residual[i, w] * residual[i, w]


@compiled
def project_out(derivatives: Array, curves: Array, amplitudes: Array) -> None:
    """Make each derivative (p, n, lanes) orthogonal to the curves whose amplitude is not held at zero."""
    q, n, _ = curves.shape
    second = q - 1
    g = np.zeros((3, LANES))
    u = np.empty((2, LANES))
    for i in range(n):
        for w in range(LANES):
            g[0, w] += curves[0, i, w] * curves[0, i, w]
            g[1, w] += curves[0, i, w] * curves[second, i, w]
            g[2, w] += curves[second, i, w] * curves[second, i, w]
    for j in range(len(derivatives)):
        for w in range(LANES):
            u[0, w] = 0.0
            u[1, w] = 0.0
        for i in range(n):
            for w in range(LANES):
                u[0, w] += curves[0, i, w] * derivatives[j, i, w]
                u[1, w] += curves[second, i, w] * derivatives[j, i, w]
        for w in range(LANES):
            free0, free1 = amplitudes[0, w] != 0, second == 1 and amplitudes[second, w] != 0
            determinant = g[0, w] * g[2, w] - g[1, w] * g[1, w]
            pair0 = (u[0, w] * g[2, w] - u[1, w] * g[1, w]) / determinant
            pair1 = (u[1, w] * g[0, w] - u[0, w] * g[1, w]) / determinant
            lone0 = u[0, w] / g[0, w] if free0 else 0.0
            lone1 = u[1, w] / g[2, w] if free1 else 0.0
            u[0, w] = pair0 if free0 and free1 else lone0
            u[1, w] = pair1 if free0 and free1 else lone1
        for i in range(n):
            for w in range(LANES):
                derivatives[j, i, w] -= u[0, w] * curves[0, i, w] + u[1, w] * curves[second, i, w]
