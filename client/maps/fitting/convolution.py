"""Convolution of an arterial curve with an exponential, exact where the curve is linear between its samples.

Reference: Flouri, Lesnic and Mayo, Magnetic Resonance in Medicine 76 (2016) 998 (the recursion).
"""

import numpy as np

from client.maps.acquisition import Array
from client.maps.fitting.compiled import compiled


@compiled
def _weights(rate: float, dt: float) -> tuple[float, float, float, float, float]:
    """Decay over an interval, the weights of a curve's value and rise in it, and the weights' derivatives.

    With x = rate dt: e = exp(-x), a = (1 - e) / x, b = (1 - a) / x, da/dx, db/dx.
    """
    x = rate * dt
    e = np.exp(-x)
    if x < 1e-2:  # the closed forms lose their digits to cancellation
        a = 1 - x / 2 + x * x / 6 - x * x * x / 24
        b = 1 / 2 - x / 6 + x * x / 24 - x * x * x / 120
        return e, a, b, -1 / 2 + x / 3 - x * x / 8, -1 / 6 + x / 12 - x * x / 40
    a = (1 - e) / x
    b = (1 - a) / x
    da = (e - a) / x
    return e, a, b, da, -(da + b) / x


@compiled
def convolve(
    times: Array,
    arterial: Array,
    samples: Array,
    rate: float,
    delay: float,
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
    rate : k of exp(-k t), one over the unit of time
    delay : by which the tissue lags behind the arterial curve
    convolved : (n), written: integral of c(u) exp(-k (t - delay - u)) du
    by_rate : (n), written: its derivative by k
    at_sample : (n), written: arterial concentration c(t - delay)
    rise : (n), written: dc/dt there
    """
    grid = times.size
    value = slope = 0.0
    j = 0
    known_dt = -1.0
    e = a = b = da = db = 0.0
    for i in range(convolved.size):
        t = samples[i] - delay
        if t < times[0]:
            convolved[i] = by_rate[i] = at_sample[i] = rise[i] = 0.0
            continue
        while j + 1 < grid and times[j + 1] <= t:
            dt = times[j + 1] - times[j]
            if abs(dt - known_dt) > 1e-9 * dt:
                e, a, b, da, db = _weights(rate, dt)
                known_dt = dt
            c, step = arterial[j], arterial[j + 1] - arterial[j]
            slope = e * (slope - dt * value) + dt * dt * (c * da + step * db)
            value = e * value + dt * (c * a + step * b)
            j += 1
        dt = t - times[j]
        c = arterial[j]
        gradient = (arterial[j + 1] - c) / (times[j + 1] - times[j]) if j + 1 < grid else 0.0
        at_sample[i] = c + gradient * dt
        rise[i] = gradient
        convolved[i], by_rate[i] = value, slope
        if dt > 0:
            part_e, part_a, part_b, part_da, part_db = _weights(rate, dt)
            step = gradient * dt
            by_rate[i] = part_e * (slope - dt * value) + dt * dt * (c * part_da + step * part_db)
            convolved[i] = part_e * value + dt * (c * part_a + step * part_b)
