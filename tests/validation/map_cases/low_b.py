"""Diffusion at low b-values: ADC, and IVIM fitted at once and in two steps."""

import numpy as np

from client.imaging.maps.adc import adc
from client.imaging.maps.ivim import ivim
from client.imaging.maps.ivim_segmented import ivim_segmented
from tests.validation.map_cases.case import Array, ModelCase, Parameter, fields, scipy_curve_fit

_B_ADC = np.array([50.0, 400, 800])
_B_IVIM = np.array([0.0, 10, 20, 40, 70, 100, 200, 400, 600, 800])
D = Parameter("D", "mm²/s", (0.7e-3, 2e-3), 1e-3, (0, 4e-3))


def _mono(b: Array, d: float) -> Array:
    return np.exp(-b * d)


def _ivim(b: Array, f: float, d: float, d_star: float) -> Array:
    return f * np.exp(-b * d_star) + (1 - f) * np.exp(-b * d)


def _ivim_two_steps(signal: Array) -> tuple[float, ...]:
    over = _B_IVIM >= 200
    bounds = np.array([(0, 10), (0, 4e-3)])
    amplitude, d = scipy_curve_fit(
        lambda b, a, d: a * np.exp(-b * d), _B_IVIM[over], signal[over], [signal.max(), 1e-3], bounds
    )
    perfused = signal[0] - amplitude
    if perfused <= 0:
        return 1 - amplitude / signal[0], d, np.nan
    under = (_B_IVIM > 0) & ~over
    rest = signal[under] - amplitude * np.exp(-_B_IVIM[under] * d)
    (d_star,) = scipy_curve_fit(
        lambda b, fast: perfused * np.exp(-b * fast), _B_IVIM[under], rest, [0.02], np.array([(4e-3, 0.3)])
    )
    return perfused / signal[0], d, d_star


_PERFUSED = (
    Parameter("f", "1", (0.05, 0.25), 0.1, (0, 1)),
    D,
    Parameter("D*", "mm²/s", (10e-3, 50e-3), 20e-3, (4e-3, 0.3)),
)

CASES: tuple[ModelCase, ...] = (
    ModelCase("ADC", (D,), _B_ADC, _mono, lambda s: {"D": adc(s, _B_ADC)}),
    ModelCase(
        "IVIM",
        _PERFUSED,
        _B_IVIM,
        _ivim,
        lambda s: fields(ivim(s, _B_IVIM), **{"f": "f", "D": "d", "D*": "d_star"}),
    ),
    ModelCase(
        "IVIM, segmented",
        _PERFUSED,
        _B_IVIM,
        _ivim,
        lambda s: fields(ivim_segmented(s, _B_IVIM), **{"f": "f", "D": "d", "D*": "d_star"}),
        theirs=_ivim_two_steps,
        note="scipy does the same two steps",
    ),
)
