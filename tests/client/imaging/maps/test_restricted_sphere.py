"""The closed forms against the double integral over the gradient's waveform, taken numerically."""

import numpy as np
import pytest

from client.imaging.maps.fitting.restricted_sphere import oscillating, pulsed

# First roots of j1'(x) = 0, Murday and Cotts (1968), table I; the rest from their spacing of pi.
ROOTS = np.array([2.081576, 5.940370, 9.205840, 12.404445, 15.579236, 18.742646, 21.899697, 25.052825, 28.203361])


def numerical(g: np.ndarray, dt: float, diameter: float, b: float, d: float) -> float:
    """exp(-(1/2) sum B_n double integral of G(t) G(t') exp(-l_n |t - t'|)), by the autocorrelation of G."""
    g = g * np.sqrt(b / (np.sum(np.square(np.cumsum(g) * dt)) * dt))
    correlation = np.fft.irfft(np.abs(np.fft.rfft(g, 2 * len(g))) ** 2, 2 * len(g))[: len(g)] * dt
    lag, exponent = np.arange(len(g)) * dt, 0.0
    for mu in ROOTS:
        radius = diameter / 2
        kernel = np.exp(-d * (mu / radius) ** 2 * lag)
        inner = 2 * np.sum(correlation * kernel) * dt - correlation[0] * dt
        exponent += 2 * (radius / mu) ** 2 / (mu**2 - 2) * inner
    return float(np.exp(-exponent / 2))


@pytest.mark.parametrize("diameter", [4.0, 10.0, 20.0])
def test_pulsed_gradients(diameter: float) -> None:
    dt, duration, separation = 2e-3, 12.0, 74.0
    t = np.arange(0, separation + duration, dt)
    g = (t < duration) * 1.0 - (t >= separation) * 1.0
    expected = numerical(g, dt, diameter, 1.0, 1.56)
    ours = pulsed(np.array([diameter]), 1.0, duration, separation, 1.56)[0]
    assert np.log(ours) == pytest.approx(np.log(expected), rel=5e-4)


@pytest.mark.parametrize("diameter", [4.0, 10.0, 20.0])
@pytest.mark.parametrize("frequency_khz", [0.025, 0.05])
def test_cosine_gradients(diameter: float, frequency_khz: float) -> None:
    dt, duration, separation = 2e-3, 40.0, 51.4
    t = np.arange(0, separation + duration, dt)
    second = -np.cos(2 * np.pi * frequency_khz * (t - separation)) * (t >= separation)
    g = np.cos(2 * np.pi * frequency_khz * t) * (t < duration) + second
    expected = numerical(g, dt, diameter, 0.5, 1.56)
    ours = oscillating(np.array([diameter]), 0.5, duration, separation, frequency_khz, 1.56)[0]
    assert np.log(ours) == pytest.approx(np.log(expected), rel=5e-3)


def test_a_sphere_that_water_cannot_cross_in_time_diffuses_freely() -> None:
    # Twenty diffusion lengths wide, surface effects are of the order of a tenth.
    signal = pulsed(np.array([150.0]), 0.5, 5.0, 20.0, 1.0)[0]
    assert signal == pytest.approx(np.exp(-0.5), rel=0.06)


def test_smaller_cells_attenuate_less() -> None:
    diameters = np.arange(2.0, 31)
    assert (np.diff(pulsed(diameters, 1.0, 12, 74, 1.56)) < 0).all()
    assert (np.diff(oscillating(diameters, 0.5, 40, 51.4, 0.05, 1.56)) < 0).all()
