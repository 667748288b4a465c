"""The linear part of a separable model: one or two non-negative amplitudes of given basis curves."""

from client.maps.acquisition import Array
from client.maps.fitting.compiled import compiled, inlined

# Two curves count as one where the sine of the angle between them is under the root of this.
_ALIKE = 1e-12


@inlined
def _explained(g00: float, g01: float, g11: float, u0: float, u1: float) -> tuple[float, float, float]:
    """Best non-negative amplitudes of two curves, and the sum of squares that they explain.

    `g` are the inner products of the curves with each other, `u` those with the signal.
    """
    determinant = g00 * g11 - g01 * g01
    a0 = u0 * g11 - u1 * g01
    a1 = u1 * g00 - u0 * g01
    if determinant > _ALIKE * g00 * g11 and a0 >= 0 and a1 >= 0:
        a0 /= determinant
        a1 /= determinant
        return a0, a1, a0 * u0 + a1 * u1
    # One of them is zero: keep the curve that explains more alone.
    alone0 = u0 * u0 / g00 if u0 > 0 and g00 > 0 else 0.0
    alone1 = u1 * u1 / g11 if u1 > 0 and g11 > 0 else 0.0
    if alone0 > alone1:
        return u0 / g00, 0.0, alone0
    return 0.0, (u1 / g11 if alone1 > 0 else 0.0), alone1


@compiled
def best_node(projections: Array, gram: Array, begin: int, end: int) -> int:
    """Index, from `begin` to before `end`, of the pair (or single) of curves that explains most of a signal.

    Parameters
    ----------
    projections : (q, nodes) inner products of the curves with the signal
    gram : (3, nodes) inner products of the curves with each other: 00, 01, 11; the last two zero where q is 1
    """
    best, most = begin, -1.0
    for node in range(begin, end):
        u1 = projections[1, node] if len(projections) == 2 else 0.0
        explained = _explained(gram[0, node], gram[1, node], gram[2, node], projections[0, node], u1)[2]
        if explained > most:
            best, most = node, explained
    return best


@compiled
def solve_amplitudes(basis: Array, signal: Array, amplitudes: Array, residual: Array) -> float:
    """Set the best non-negative amplitudes and the residual; give the sum of its squares.

    Parameters
    ----------
    basis : (q, n) curves, q one or two
    signal : (n)
    amplitudes : (q), written
    residual : (n) signal minus model, written
    """
    g00 = g01 = g11 = u0 = u1 = squares = 0.0
    if len(basis) == 1:
        for i in range(signal.size):
            g00 += basis[0, i] * basis[0, i]
            u0 += basis[0, i] * signal[i]
        amplitudes[0] = max(u0, 0.0) / g00 if g00 > 0 else 0.0
        for i in range(signal.size):
            residual[i] = signal[i] - amplitudes[0] * basis[0, i]
            squares += residual[i] * residual[i]
        return squares
    for i in range(signal.size):
        g00 += basis[0, i] * basis[0, i]
        g01 += basis[0, i] * basis[1, i]
        g11 += basis[1, i] * basis[1, i]
        u0 += basis[0, i] * signal[i]
        u1 += basis[1, i] * signal[i]
    a0, a1, _ = _explained(g00, g01, g11, u0, u1)
    amplitudes[0], amplitudes[1] = a0, a1
    for i in range(signal.size):
        residual[i] = signal[i] - a0 * basis[0, i] - a1 * basis[1, i]
        squares += residual[i] * residual[i]
    return squares


@compiled
def project_out(derivatives: Array, basis: Array, amplitudes: Array) -> None:
    """Make each derivative (p, n) orthogonal to the curves whose amplitude is not held at zero."""
    n = basis.shape[1]
    second = len(basis) - 1
    free0, free1 = amplitudes[0] != 0, second == 1 and amplitudes[1] != 0
    g00 = g01 = g11 = 0.0
    for i in range(n):
        g00 += basis[0, i] * basis[0, i]
        g01 += basis[0, i] * basis[second, i]
        g11 += basis[second, i] * basis[second, i]
    for j in range(len(derivatives)):
        u0 = u1 = c0 = c1 = 0.0
        for i in range(n):
            u0 += basis[0, i] * derivatives[j, i]
            u1 += basis[second, i] * derivatives[j, i]
        if free0 and free1:
            determinant = g00 * g11 - g01 * g01
            c0, c1 = (u0 * g11 - u1 * g01) / determinant, (u1 * g00 - u0 * g01) / determinant
        elif free0:
            c0 = u0 / g00
        elif free1:
            c1 = u1 / g11
        for i in range(n):
            derivatives[j, i] -= c0 * basis[0, i] + c1 * basis[second, i]
