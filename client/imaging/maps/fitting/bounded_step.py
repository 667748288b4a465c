"""One damped step of least squares that stays within bounds.

References: damping, Marquardt, SIAM J. Appl. Math. 11 (1963) 431; parameters that a bound holds leave the system, as
in Bertsekas, SIAM Journal on Control and Optimization 20 (1982) 221.
"""

import numpy as np

from client.imaging.maps.acquisition import Array, Mask
from client.imaging.maps.fitting.compiled import LANES, compiled


@compiled
def _solve(gradient: Array, hessian: Array, curvature: Array, damping: Array, fixed: Mask, step: Array) -> None:
    """Solve (H + C + damping diag H) step = -gradient for the components that are not fixed, which keep theirs.

    A pivot that is not positive is replaced by that of the damped Gauss-Newton Hessian, which always is.
    """
    count = len(gradient)
    matrix, right, factor = np.empty((count, count, LANES)), np.empty((count, LANES)), np.empty(LANES)
    for j in range(count):
        for w in range(LANES):
            right[j, w] = step[j, w] if fixed[j, w] else -gradient[j, w]
        for k in range(count):
            for w in range(LANES):
                entry = hessian[j, k, w] + curvature[j, k, w]
                right[j, w] -= entry * step[k, w] if fixed[k, w] and not fixed[j, w] else 0.0
                matrix[j, k, w] = 0.0 if fixed[j, w] or fixed[k, w] else entry
        for w in range(LANES):
            # The last term keeps a parameter where it is that has no influence.
            matrix[j, j, w] = 1.0 if fixed[j, w] else matrix[j, j, w] + damping[w] * hessian[j, j, w] + 1e-14
    for j in range(count):
        for w in range(LANES):
            safe = hessian[j, j, w] * (1 + damping[w]) + 1e-14
            matrix[j, j, w] = matrix[j, j, w] if matrix[j, j, w] > 1e-6 * safe or fixed[j, w] else safe
        for k in range(j + 1, count):
            for w in range(LANES):
                factor[w] = matrix[j, k, w] / matrix[j, j, w]
                right[k, w] -= factor[w] * right[j, w]
            for m in range(k, count):
                for w in range(LANES):
                    matrix[k, m, w] -= factor[w] * matrix[j, m, w]
    for j in range(count - 1, -1, -1):
        for k in range(j + 1, count):
            for w in range(LANES):
                right[j, w] -= matrix[j, k, w] * step[k, w] if not fixed[k, w] else 0.0
        for w in range(LANES):
            step[j, w] = step[j, w] if fixed[j, w] else right[j, w] / matrix[j, j, w]


@compiled
def bounded_step(
    shape: Array,
    lower: Array,
    upper: Array,
    gradient: Array,
    hessian: Array,
    curvature: Array,
    damping: Array,
    step: Array,
    free: Array,
) -> None:
    """Step within the bounds: what would cross one goes to it, and the rest is solved again.

    Parameters
    ----------
    shape, gradient : (p, lanes)
    lower, upper : (p)
    hessian, curvature : (p, p, lanes)
    damping : (lanes)
    step : (p, lanes), written
    free : (lanes), written: how many parameters no bound holds
    """
    count = len(shape)
    fixed = np.empty((count, LANES), np.bool_)
    for w in range(LANES):
        free[w] = 0.0
    for j in range(count):
        for w in range(LANES):
            below, above = shape[j, w] <= lower[j], shape[j, w] >= upper[j]
            fixed[j, w] = (below and gradient[j, w] > 0) or (above and gradient[j, w] < 0)
            free[w] += 0.0 if fixed[j, w] else 1.0
            step[j, w] = 0.0
    for _ in range(count):
        _solve(gradient, hessian, curvature, damping, fixed, step)
        crossed = False
        for j in range(count):
            for w in range(LANES):
                within = min(max(shape[j, w] + step[j, w], lower[j]), upper[j]) - shape[j, w]
                if within != step[j, w] and not fixed[j, w]:
                    step[j, w] = within
                    fixed[j, w] = True
                    crossed = True
        if not crossed:
            break
