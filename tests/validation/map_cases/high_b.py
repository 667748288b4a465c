"""Diffusion at high b-values: stretched exponential, CTRW and the restriction spectrum."""

import numpy as np
from scipy.optimize import nnls

from client.imaging.maps.ctrw import ctrw
from client.imaging.maps.restriction_spectrum import DIFFUSIVITIES, restriction_spectrum
from client.imaging.maps.stretched_exponential import stretched_exponential
from tests.validation.map_cases.case import Array, ModelCase, Parameter, fields, named

_B_HIGH = np.array([0.0, 50, 100, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000])
_B_RSI = np.array([0.0, 100, 500, 1000, 1500, 2000, 3000, 4000])


def _stretched(b: Array, ddc: float, alpha: float) -> Array:
    return np.exp(-((b * ddc) ** alpha))


def mittag_leffler_on_parabola(order: float, x: Array) -> Array:
    """E_order(-x) by another contour than the code's: Weideman and Trefethen's parabola, 16 nodes."""
    theta = (np.arange(8) + 0.5) * np.pi / 8
    s = 16 * (0.1309 - 0.1194 * theta**2 + 0.2500j * theta)
    weights = 2 * np.pi / 16 * np.exp(s) * 16 * (-0.2388 * theta + 0.2500j) / (1j * np.pi)
    terms = weights * s ** (order - 1) / (s**order + np.asarray(x)[..., None])
    return np.asarray(terms.sum(axis=-1).real)


def _ctrw(b: Array, d: float, alpha: float, beta: float) -> Array:
    return mittag_leffler_on_parabola(alpha, (b * d) ** beta)


def _spectrum(b: Array, f1: float, f2: float) -> Array:
    return np.exp(-np.outer(b, DIFFUSIVITIES)) @ np.array([f1, f2, 1 - f1 - f2])


def _spectrum_nnls(signal: Array) -> tuple[float, ...]:
    amplitudes, _ = nnls(np.exp(-np.outer(_B_RSI, DIFFUSIVITIES)), signal)
    return tuple(amplitudes[:2] / amplitudes.sum())


CASES: tuple[ModelCase, ...] = (
    ModelCase(
        "Stretched exponential",
        (
            Parameter("DDC", "mm²/s", (0.7e-3, 2e-3), 1e-3, (1e-5, 10e-3)),
            Parameter("alpha", "1", (0.6, 0.95), 0.8, (0.1, 1)),
        ),
        _B_HIGH,
        _stretched,
        lambda s: fields(stretched_exponential(s, _B_HIGH), DDC="ddc", alpha="alpha"),
    ),
    ModelCase(
        "CTRW",
        (
            Parameter("D", "mm²/s", (0.7e-3, 2e-3), 1e-3, (1e-5, 10e-3)),
            Parameter("alpha", "1", (0.6, 0.95), 0.8, (0.2, 1)),
            Parameter("beta", "1", (0.6, 0.95), 0.8, (0.2, 1)),
        ),
        _B_HIGH,
        _ctrw,
        lambda s: fields(ctrw(s, _B_HIGH), D="d", alpha="alpha", beta="beta"),
    ),
    ModelCase(
        "Restriction spectrum",
        (
            Parameter("F1", "1", (0.05, 0.3), 0.2, (0, 1)),
            Parameter("F2", "1", (0.3, 0.6), 0.5, (0, 1)),
        ),
        _B_RSI,
        _spectrum,
        lambda s: named(restriction_spectrum(s, _B_RSI).fractions, "F1", "F2"),
        theirs=_spectrum_nnls,
        note="beside scipy.optimize.nnls, as the model is linear with bounds",
    ),
)
