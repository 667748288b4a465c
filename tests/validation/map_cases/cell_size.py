"""Diameters of cells from diffusion times: spheres in the Gaussian phase approximation."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from client.imaging.maps.acquisition import DiffusionTimes
from client.imaging.maps.time_dependent_diffusion import time_dependent_diffusion
from tests.validation.map_cases.case import Array, ModelCase, Parameter

# Pulsed gradients, and cosine ones of 17 and 33 Hz, as a clinical gradient system allows them.
_TIMES = DiffusionTimes(
    signal=np.empty(0),
    b_values=(0, 250, 500, 750, 1000, 1400, 0, 200, 400, 600, 800, 0, 100, 200, 300),
    frequencies_hz=(0,) * 6 + (1000 / 60,) * 5 + (1000 / 30,) * 4,
    duration_ms=(12.0,) * 6 + (60.0,) * 9,
    separation_ms=(74.0,) * 6 + (66.0,) * 9,
)
# Roots of tan x = 2 x / (2 - x²), where the derivative of the spherical Bessel function j1 is zero.
_ROOTS = np.array(
    [
        brentq(lambda x: 2 * x * np.cos(x) - (2 - x**2) * np.sin(x), (n + 0.55) * np.pi, (n + 1) * np.pi)
        for n in range(30)
    ]
)


def _sphere(diameter: float, b: float, frequency: float, duration: float, separation: float) -> float:
    """Gaussian phase approximation from the waveform's autocorrelation, on a grid of time."""
    if b == 0:
        return 1.0
    dt = 0.05
    t = np.arange(0, separation + duration, dt) + dt / 2
    lobe = np.cos(2 * np.pi * frequency / 1000 * (t % separation))
    g = np.where(t < duration, lobe, np.where(t >= separation, -lobe, 0.0))
    g *= np.sqrt(b / 1000 / (np.sum(np.square(np.cumsum(g) * dt)) * dt))
    lags = np.fft.irfft(np.abs(np.fft.rfft(g, 2 * len(g))) ** 2, 2 * len(g))[: len(g)] * dt
    rates = 1.56 * (_ROOTS / (diameter / 2)) ** 2
    weights = 2 * (diameter / 2 / _ROOTS) ** 2 / (_ROOTS**2 - 2)
    # Integral over the lag of the autocorrelation times exp(-rate lag), exact within each step of the grid.
    within = (1 - np.exp(-rates * dt)) / rates
    decays = np.exp(-rates[:, None] * dt * np.arange(len(lags)))
    inner = decays @ lags
    total = 2 * within * (inner - lags[0] / 2)
    return float(np.exp(-0.5 * np.sum(weights * total)))


_GRID_UM = np.arange(2.0, 30.01, 0.5)
_SPHERES = CubicSpline(
    _GRID_UM,
    [
        [
            _sphere(one, *setting)
            for setting in zip(
                _TIMES.b_values, _TIMES.frequencies_hz, _TIMES.duration_ms, _TIMES.separation_ms, strict=True
            )
        ]
        for one in _GRID_UM
    ],
)


def _cells(b: Array, diameter: float, fraction: float, d_ex: float) -> Array:
    return fraction * _SPHERES(diameter) + (1 - fraction) * np.exp(-b * d_ex)


def _ours_cells(signal: Array) -> dict[str, Array]:
    series = DiffusionTimes(signal, _TIMES.b_values, _TIMES.frequencies_hz, _TIMES.duration_ms, _TIMES.separation_ms)
    fit = time_dependent_diffusion(series)
    return {"d": fit.diameter, "f_in": fit.fraction, "D_ex": fit.extracellular_d}


CASES: tuple[ModelCase, ...] = (
    ModelCase(
        "Time-dependent diffusion",
        (
            Parameter("d", "µm", (8, 20), 12, (2, 30)),
            Parameter("f_in", "1", (0.3, 0.7), 0.5, (0, 1)),
            Parameter("D_ex", "mm²/s", (1.2e-3, 2.4e-3), 1.5e-3, (0.2e-3, 3.5e-3)),
        ),
        np.array(_TIMES.b_values, dtype=float),
        _cells,
        _ours_cells,
    ),
)
