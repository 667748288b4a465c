"""Signal of water that is restricted to spheres, for pulsed and for oscillating gradients.

Gaussian phase approximation: ln S = -(gamma² / 2) sum_n B_n integral integral G(t) G(t') exp(-l_n |t - t'|), with
l_n = D (mu_n / R)², B_n = 2 (R / mu_n)² / (mu_n² - 2) and mu_n the roots of j1'(mu) = 0. The integrals are closed for
both waveforms; the gradient is expressed by its b-value.

References: Murday and Cotts, Journal of Chemical Physics 48 (1968) 4938 (pulsed); Xu, Does and Gore, Journal of
Magnetic Resonance 200 (2009) 189 (cosine).
"""

import numpy as np
from scipy.special import spherical_jn

from client.imaging.maps.acquisition import Array


def _roots(count: int) -> Array:
    """First roots of the derivative of the spherical Bessel function j1; one lies between n pi and (n + 1) pi.

    By bisection to the last bit: scipy.optimize would be a second more before any patient is prepared.
    """
    n = np.arange(1, count)
    low, high = np.append(1.5, (n + 0.5) * np.pi), np.append(3.0, (n + 1.4) * np.pi)
    begins = np.sign(spherical_jn(1, low, derivative=True))
    for _ in range(60):
        middle = (low + high) / 2
        before = np.sign(spherical_jn(1, middle, derivative=True)) == begins
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.asarray((low + high) / 2)


_MU = _roots(40)


def pulsed(diameter: Array, b: float, duration: float, separation: float, diffusivity: float) -> Array:
    """Signal for two rectangular gradient pulses.

    Parameters
    ----------
    diameter : (k) µm
    b : ms/µm²
    duration, separation : delta and Delta, ms
    diffusivity : inside the sphere, µm²/ms

    Returns
    -------
    (k) S / S0
    """
    radius = np.asarray(diameter, dtype=np.float64)[:, None] / 2
    rate = diffusivity * (_MU / radius) ** 2
    weight = 2 * (radius / _MU) ** 2 / (_MU**2 - 2)
    gradient_squared = b / (duration**2 * (separation - duration / 3))
    integral = (
        2 * rate * duration
        - 2
        + 2 * np.exp(-rate * duration)
        + 2 * np.exp(-rate * separation)
        - np.exp(-rate * (separation - duration))
        - np.exp(-rate * (separation + duration))
    ) / rate**2
    return np.asarray(np.exp(-gradient_squared * (weight * integral).sum(axis=1)))


def oscillating(
    diameter: Array, b: float, duration: float, separation: float, frequency: float, diffusivity: float
) -> Array:
    """Signal for two trains of cosine gradients, each of a whole number of periods.

    Parameters
    ----------
    diameter : (k) µm
    b : ms/µm²
    duration, separation : length of a train, and from the start of one to the start of the other, ms
    frequency : kHz
    diffusivity : inside the sphere, µm²/ms

    Returns
    -------
    (k) S / S0
    """
    radius = np.asarray(diameter, dtype=np.float64)[:, None] / 2
    rate = diffusivity * (_MU / radius) ** 2
    weight = 2 * (radius / _MU) ** 2 / (_MU**2 - 2)
    omega = 2 * np.pi * frequency
    gradient_squared = b * omega**2 / duration
    across = (
        1
        - np.exp(-rate * duration)
        - np.exp(-rate * separation)
        + (np.exp(-rate * (separation - duration)) + np.exp(-rate * (separation + duration))) / 2
    )
    integral = rate * duration / (rate**2 + omega**2) - 2 * rate**2 / (rate**2 + omega**2) ** 2 * across
    return np.asarray(np.exp(-gradient_squared * (weight * integral).sum(axis=1)))
