"""One damped step of least squares that stays within bounds.

References: damping, Marquardt, SIAM J. Appl. Math. 11 (1963) 431; parameters that a bound holds leave the system, as
in Bertsekas, SIAM Journal on Control and Optimization 20 (1982) 221.
"""

from client.maps.acquisition import Array, Mask
from client.maps.fitting.compiled import compiled


@compiled
def _solve(
    gradient: Array, hessian: Array, curvature: Array, damping: float, fixed: Mask, step: Array, work: Array
) -> bool:
    """Solve (H + C + damping diag H) step = -gradient for the components that are not fixed.

    False if the matrix is not positive definite. Fixed components keep the step that they have.
    """
    count = gradient.size
    for j in range(count):
        if fixed[j]:
            continue
        step[j] = -gradient[j]
        for k in range(count):
            work[j, k] = hessian[j, k] + curvature[j, k]
            if fixed[k]:
                step[j] -= work[j, k] * step[k]
        # The last term keeps a parameter where it is that has no influence.
        work[j, j] += damping * hessian[j, j] + 1e-14
    for j in range(count):
        if fixed[j]:
            continue
        for k in range(j):
            if not fixed[k]:
                factor = work[k, j] / work[k, k]
                for m in range(j, count):
                    work[j, m] -= factor * work[k, m]
                step[j] -= factor * step[k]
        if work[j, j] <= 0:
            return False
    for j in range(count - 1, -1, -1):
        if not fixed[j]:
            for k in range(j + 1, count):
                if not fixed[k]:
                    step[j] -= work[j, k] * step[k]
            step[j] /= work[j, j]
    return True


@compiled
def bounded_step(
    shape: Array,
    lower: Array,
    upper: Array,
    gradient: Array,
    hessian: Array,
    curvature: Array,
    damping: float,
    fixed: Mask,
    step: Array,
    work: Array,
) -> bool:
    """Step within the bounds: what would cross one goes to it, and the rest is solved again.

    False if every parameter is held by a bound.
    """
    count = shape.size
    free = 0
    for j in range(count):
        fixed[j] = (shape[j] <= lower[j] and gradient[j] > 0) or (shape[j] >= upper[j] and gradient[j] < 0)
        step[j] = 0.0
        free += not fixed[j]
    if free == 0:
        return False
    for _ in range(count):
        if not _solve(gradient, hessian, curvature, damping, fixed, step, work):
            curvature[:] = 0.0
            _solve(gradient, hessian, curvature, damping, fixed, step, work)
        crossed = False
        for j in range(count):
            within = min(max(shape[j] + step[j], lower[j]), upper[j]) - shape[j]
            if within != step[j] and not fixed[j]:
                step[j] = within
                fixed[j] = True
                crossed = True
        if not crossed:
            break
    return True
