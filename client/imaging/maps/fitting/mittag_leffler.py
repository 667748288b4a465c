"""The Mittag-Leffler function E_a(-x) and its derivatives, for 0 < a <= 1 and x >= 0.

E_a(-x) is the inverse Laplace transform of s^(a-1) / (s^a + x) at t = 1. The integrand's singularities lie on the
negative real axis, so the midpoint rule along a hyperbola around it converges geometrically: eight nodes (and their
conjugates) leave an error of 2e-8.

Reference: Weideman and Trefethen, Mathematics of Computation 76 (2007) 1341 (optimal hyperbolic contour).
"""

import numpy as np

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import LANES, compiled

_HALF = 8
_STEP, _SCALE, _ANGLE = 1.081792140 / _HALF, 4.492075287 * _HALF, 1.172104229
_U = (np.arange(_HALF) + 0.5) * _STEP
_NODES = _SCALE * (1 + np.sin(1j * _U - _ANGLE))
# exp(s) ds / (2 pi i), twice for the conjugate half, and over s from s^(a-1) = s^a / s.
_WEIGHTS = _STEP * np.exp(_NODES) * _SCALE * np.cos(1j * _U - _ANGLE) / np.pi / _NODES
_LOGS = np.log(_NODES)


@compiled
def mittag_leffler(order: Array, x: Array, value: Array, by_order: Array, by_x: Array) -> None:
    """E_order(-x) of many arguments, an order a lane.

    Parameters
    ----------
    order : (lanes) a, in (0, 1]; 1 gives exp(-x)
    x : (n, lanes) not negative
    value, by_order, by_x : (n, lanes), written: E, dE/da and dE/dx
    """
    value[:] = 0.0
    by_order[:] = 0.0
    by_x[:] = 0.0
    weights, powers = np.empty((2, LANES)), np.empty((2, LANES))
    for k in range(_HALF):
        log = _LOGS[k]
        for w in range(LANES):
            power = np.exp(order[w] * log)
            weight = _WEIGHTS[k] * power
            powers[0, w], powers[1, w] = power.real, power.imag
            weights[0, w], weights[1, w] = weight.real, weight.imag
        # In real arithmetic, which the compiler can put into vector registers: term = weight / (power + x).
        for i in range(len(x)):
            for w in range(LANES):
                real, imaginary = powers[0, w] + x[i, w], -powers[1, w]
                size = 1 / (real * real + imaginary * imaginary)
                real, imaginary = real * size, imaginary * size
                term = weights[0, w] * real - weights[1, w] * imaginary
                turned = weights[0, w] * imaginary + weights[1, w] * real
                squared = term * real - turned * imaginary
                value[i, w] += term
                by_x[i, w] -= squared
                by_order[i, w] += x[i, w] * (squared * log.real - (term * imaginary + turned * real) * log.imag)
