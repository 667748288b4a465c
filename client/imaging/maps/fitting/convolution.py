"""Convolution of an arterial curve with an exponential, exact where the curve is linear between its samples.

Reference: Flouri, Lesnic and Mayo, Magnetic Resonance in Medicine 76 (2016) 998 (the recursion).
"""

import numpy as np

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.compiled import LANES, compiled, inlined
from client.imaging.maps.fitting.exponential import decay


@inlined
def _weights(rate: float, dt: float) -> tuple[float, float, float, float, float]:
    """Decay over an interval, the weights of a curve's value and rise in it, and the weights' derivatives.

    With x = rate dt: e = exp(-x), a = (1 - e) / x, b = (1 - a) / x, da/dx, db/dx.
    """
    x = rate * dt
    small = x < 1e-2  # the closed forms lose their digits to cancellation
    e = decay(x)
    safe = 1.0 if small else x
    a = 1 - x / 2 + x * x / 6 - x * x * x / 24 if small else (1 - e) / safe
    b = 1 / 2 - x / 6 + x * x / 24 - x * x * x / 120 if small else (1 - a) / safe
    da = -1 / 2 + x / 3 - x * x / 8 if small else (e - a) / safe
    db = -1 / 6 + x / 12 - x * x / 40 if small else -(da + b) / safe
    return e, a, b, da, db


@compiled
def _along_grid(times: Array, arterial: Array, rate: Array, value: Array, slope: Array) -> None:
    """Convolution and its derivative by the rate, (grid, lanes), at the times of the grid."""
    weights = np.empty((5, LANES))
    known_dt = -1.0
    for w in range(LANES):
        value[0, w] = 0.0
        slope[0, w] = 0.0
    for j in range(times.size - 1):
        dt, c, step = times[j + 1] - times[j], arterial[j], arterial[j + 1] - arterial[j]
        if abs(dt - known_dt) > 1e-9 * dt:
            known_dt = dt
            for w in range(LANES):
                e, a, b, da, db = _weights(rate[w], dt)
                weights[0, w], weights[1, w], weights[2, w], weights[3, w], weights[4, w] = e, a, b, da, db
        for w in range(LANES):
            e = weights[0, w]
            rising = dt * dt * (c * weights[3, w] + step * weights[4, w])
            slope[j + 1, w] = e * (slope[j, w] - dt * value[j, w]) + rising
            value[j + 1, w] = e * value[j, w] + dt * (c * weights[1, w] + step * weights[2, w])


@compiled
def convolve(
    times: Array,
    arterial: Array,
    samples: Array,
    rate: Array,
    delay: Array,
    convolved: Array,
    by_rate: Array,
    at_sample: Array,
    rise: Array,
) -> None:
    """Tissue's response to an arterial curve that arrives with a delay.

    Parameters
    ----------
    times, arterial : (grid) where the arterial curve is known, and its values; linear between, zero before
    samples : (n) increasing times at which the tissue is sampled, at least n long
    rate : (lanes) k of exp(-k t), one over the unit of time
    delay : (lanes) by which the tissue lags behind the arterial curve
    convolved : (n, lanes), written: integral of c(u) exp(-k (t - delay - u)) du
    by_rate : (n, lanes), written: its derivative by k
    at_sample : (n, lanes), written: arterial concentration c(t - delay)
    rise : (n, lanes), written: dc/dt there
    """
    grid = times.size
    value, slope = np.empty((grid, LANES)), np.empty((grid, LANES))
    _along_grid(times, arterial, rate, value, slope)
    position = np.zeros(LANES, np.int64)
    for i in range(len(convolved)):
        for w in range(LANES):
            t = samples[i] - delay[w]
            j = position[w]
            while j + 1 < grid and times[j + 1] <= t:
                j += 1
            position[w] = j
            before, last = t < times[0], j + 1 == grid
            dt = 0.0 if before else t - times[j]
            c = arterial[j]
            gradient = (
                0.0
                if last or before
                else (arterial[min(j + 1, grid - 1)] - c) / (times[min(j + 1, grid - 1)] - times[j])
            )
            e, a, b, da, db = _weights(rate[w], dt)
            step = gradient * dt
            at_sample[i, w] = 0.0 if before else c + step
            rise[i, w] = gradient
            convolved[i, w] = 0.0 if before else e * value[j, w] + dt * (c * a + step * b)
            part = e * (slope[j, w] - dt * value[j, w]) + dt * dt * (c * da + step * db)
            by_rate[i, w] = 0.0 if before else part
