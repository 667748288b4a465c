"""Each model with tissue to simulate, our fit, and scipy's `curve_fit` of the same equation within the same bounds.

The forward equations are written here once more, in plain numpy, independently of the code under test.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import OptimizeWarning, brentq, curve_fit, nnls

from client.maps.acquisition import DiffusionTimes
from client.maps.adc import adc
from client.maps.arterial_input import parker, plasma
from client.maps.ctrw import ctrw
from client.maps.dki import dki
from client.maps.dki_tensor import dki_tensor
from client.maps.extended_tofts import extended_tofts
from client.maps.extended_tofts_linear import extended_tofts_linear
from client.maps.ivim import ivim
from client.maps.ivim_segmented import ivim_segmented
from client.maps.patlak import patlak
from client.maps.restriction_spectrum import DIFFUSIVITIES, restriction_spectrum
from client.maps.stretched_exponential import stretched_exponential
from client.maps.t1 import t1_fit
from client.maps.time_dependent_diffusion import time_dependent_diffusion
from client.maps.tofts import tofts

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model: its unit, the tissue's range, scipy's start and bounds."""

    name: str
    unit: str
    tissue: tuple[float, float]
    start: float
    bounds: tuple[float, float]


@dataclass(frozen=True)
class ModelCase:
    """One model under comparison.

    `curve(x, *parameters)` is the noiseless signal without amplitude; scipy fits it with a free S0 in front where
    `scaled`. `ours` maps signals (voxels, n) to values by parameter name. `theirs` replaces `curve_fit` of the curve
    where the method is another (two steps, non-negative).
    """

    name: str
    parameters: tuple[Parameter, ...]
    x: Array
    curve: Callable[..., Array]
    ours: Callable[[Array], dict[str, Array]]
    scaled: bool = True
    magnitude: bool = True
    theirs: Callable[[Array], tuple[float, ...]] | None = None
    note: str = ""

    def truth(self, rng: np.random.Generator, voxels: int) -> Array:
        """(voxels, p) parameters, uniform over the tissue's ranges."""
        low, high = np.array([one.tissue for one in self.parameters]).T
        return rng.uniform(low, high, (voxels, len(self.parameters)))

    def clean(self, truth: Array) -> Array:
        """(voxels, n) signals without noise."""
        return np.stack([self.curve(self.x, *one) for one in truth])

    def noisy(self, clean: Array, snr: float, rng: np.random.Generator) -> Array:
        """Rician noise on magnitudes (SNR of the largest signal), Gaussian on concentrations (of their peak)."""
        sigma = clean.max(axis=1, keepdims=True) / snr
        real = clean + sigma * rng.standard_normal(clean.shape)
        return np.hypot(real, sigma * rng.standard_normal(clean.shape)) if self.magnitude else real

    def scipy_fit(self, signal: Array) -> Array:
        """(voxels, p) of `curve_fit`, voxel by voxel; NaN where it gives up."""
        return np.array([self._one(one) for one in signal])

    def _one(self, signal: Array) -> tuple[float, ...]:
        if self.theirs is not None:
            return self.theirs(signal)
        start = [one.start for one in self.parameters]
        bounds = np.array([one.bounds for one in self.parameters])
        function = self.curve
        if self.scaled:
            start = [float(signal.max()), *start]
            bounds = np.array([(0, 1000 * signal.max()), *bounds])

            def function(x: Array, s0: float, *parameters: float) -> Array:
                return s0 * self.curve(x, *parameters)

        found = scipy_curve_fit(function, self.x, signal, start, bounds)
        return found[1:] if self.scaled else found


def scipy_curve_fit(
    function: Callable[..., Array], x: Array, signal: Array, start: list[float], bounds: Array
) -> tuple[float, ...]:
    """`curve_fit` within bounds, scaled by its own estimate of each parameter's influence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (OptimizeWarning, RuntimeWarning))
        try:
            found, _ = curve_fit(function, x, signal, start, bounds=bounds.T, x_scale="jac", max_nfev=500)
        except RuntimeError:
            return (np.nan,) * len(start)
    return tuple(found)


# --- diffusion --------------------------------------------------------------------------------------------------------

_B_ADC = np.array([50.0, 400, 800])
_B_IVIM = np.array([0.0, 10, 20, 40, 70, 100, 200, 400, 600, 800])
_B_DKI = np.array([0.0, 300, 700, 1000, 1500, 2000])
_B_HIGH = np.array([0.0, 50, 100, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000])
_B_RSI = np.array([0.0, 100, 500, 1000, 1500, 2000, 3000, 4000])
_D = Parameter("D", "mm²/s", (0.7e-3, 2e-3), 1e-3, (0, 4e-3))


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


def _kurtosis(b: Array, d: float, k: float) -> Array:
    return np.exp(-b * d + (b * d) ** 2 * k / 6)


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


def _directions(count: int) -> Array:
    """Points spread over the sphere by the golden angle."""
    z = 1 - (2 * np.arange(count) + 1) / count
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    return np.stack([np.sqrt(1 - z**2) * np.cos(angle), np.sqrt(1 - z**2) * np.sin(angle), z], axis=1)


_TENSOR_B = np.array([0.0] * 4 + [1000.0] * 30 + [2000.0] * 30)
_TENSOR_N = np.concatenate([np.zeros((4, 3)), _directions(30), _directions(30)])


# Directions over the sphere and their weights: Gauss-Legendre along the axis, equal angles around it.
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(12)
_TURN = np.arange(24) * np.pi / 12
_SPHERE = np.stack(
    [
        np.outer(np.sqrt(1 - _NODES**2), np.cos(_TURN)).ravel(),
        np.outer(np.sqrt(1 - _NODES**2), np.sin(_TURN)).ravel(),
        np.repeat(_NODES, len(_TURN)),
    ],
    axis=1,
)
_SPHERE_WEIGHTS = np.repeat(_NODE_WEIGHTS, len(_TURN)) / 2 / len(_TURN)
_ALONG_OVER_ACROSS = 1.8


def _across(md: float) -> float:
    return 3 * md / (2 + _ALONG_OVER_ACROSS)


def _tensor(b: Array, md: float, mk: float) -> Array:
    """A tensor about the x axis; W is isotropic, so that K(n) varies with D(n), and its mean is `mk`."""
    across = _across(md)
    d = across * (1 + (_ALONG_OVER_ACROSS - 1) * _TENSOR_N[:, 0] ** 2)
    w = mk / (_SPHERE_WEIGHTS @ (md / across / (1 + (_ALONG_OVER_ACROSS - 1) * _SPHERE[:, 0] ** 2)) ** 2)
    return np.exp(-b * d + b**2 * md**2 * w / 6)


def _powers(directions: Array, degree: int) -> Array:
    """(n, terms) monomials of direction components."""
    exponents = [(i, j, degree - i - j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.stack([np.prod(directions ** np.array(one), axis=1) for one in exponents], axis=1)


_TENSOR_DESIGN = np.concatenate(
    [
        np.ones((len(_TENSOR_B), 1)),
        -_TENSOR_B[:, None] / 1000 * _powers(_TENSOR_N, 2),
        (_TENSOR_B[:, None] / 1000) ** 2 / 6 * _powers(_TENSOR_N, 4),
    ],
    axis=1,
)


def _tensor_by_curve_fit(signal: Array) -> tuple[float, ...]:
    """All 22 unknowns by `curve_fit`; then the means over the sphere."""
    start = np.linalg.lstsq(_TENSOR_DESIGN, np.log(signal), rcond=None)[0]
    found, _ = curve_fit(
        lambda _, *x: np.exp(_TENSOR_DESIGN @ x),
        _TENSOR_B,
        signal,
        start,
        jac=lambda _, *x: np.exp(_TENSOR_DESIGN @ x)[:, None] * _TENSOR_DESIGN,
    )
    d, w = _powers(_SPHERE, 2) @ found[1:7], _powers(_SPHERE, 4) @ found[7:]
    if d.min() <= 0:
        return np.nan, np.nan
    return 1e-3 * float(_SPHERE_WEIGHTS @ d), float(_SPHERE_WEIGHTS @ (w / d**2))


# --- perfusion --------------------------------------------------------------------------------------------------------

_SECONDS = np.concatenate([[-10.0, -5.0], np.arange(2.0, 300, 5.0)])
_AIF_SECONDS = np.arange(0.0, 301.0, 0.5)
_AIF = plasma(parker(_AIF_SECONDS), 0.42)


def _convolved(rate_per_s: float) -> Array:
    """Convolution on the arterial grid by the trapezoidal rule, read at the phases."""
    kernel = np.exp(-rate_per_s * (_AIF_SECONDS - _AIF_SECONDS[0]))
    full = np.convolve(_AIF, kernel)[: len(_AIF)] * 0.5 - 0.25 * (_AIF[0] * kernel + _AIF * kernel[0])
    return np.interp(_SECONDS, _AIF_SECONDS, full, left=0.0)


_CP = np.interp(_SECONDS, _AIF_SECONDS, _AIF, left=0.0)


def _extended(_: Array, ktrans: float, v_e: float, v_p: float) -> Array:
    return v_p * _CP + ktrans / 60 * _convolved(ktrans / v_e / 60)


def _patlak(_: Array, ktrans: float, v_p: float) -> Array:
    exposure = np.concatenate([[0.0], np.cumsum((_AIF[1:] + _AIF[:-1]) / 4)])
    return v_p * _CP + ktrans / 60 * np.interp(_SECONDS, _AIF_SECONDS, exposure, left=0.0)


_KTRANS = Parameter("Ktrans", "1/min", (0.05, 0.4), 0.15, (1e-4, 5))
_V_E = Parameter("v_e", "1", (0.15, 0.6), 0.3, (1e-3, 5))
_V_P = Parameter("v_p", "1", (0.01, 0.1), 0.03, (0, 1))

# --- T1 ---------------------------------------------------------------------------------------------------------------

_ANGLES = np.array([2.0, 5, 8, 12, 15, 20])
_TR_MS = 5.0


def _spoiled(angles: Array, t1_ms: float) -> Array:
    e, a = np.exp(-_TR_MS / t1_ms), np.deg2rad(angles)
    return np.sin(a) * (1 - e) / (1 - np.cos(a) * e)


def _fields(fit: object, **names: str) -> dict[str, Array]:
    return {name: np.asarray(getattr(fit, field), dtype=np.float64) for name, field in names.items()}


def _named(values: tuple[Array, ...], *names: str) -> dict[str, Array]:
    return {name: np.asarray(value, dtype=np.float64) for name, value in zip(names, values, strict=False)}


CASES: tuple[ModelCase, ...] = (
    ModelCase("ADC", (_D,), _B_ADC, _mono, lambda s: {"D": adc(s, _B_ADC)}),
    ModelCase(
        "IVIM",
        (
            Parameter("f", "1", (0.05, 0.25), 0.1, (0, 1)),
            _D,
            Parameter("D*", "mm²/s", (10e-3, 50e-3), 20e-3, (4e-3, 0.3)),
        ),
        _B_IVIM,
        _ivim,
        lambda s: _fields(ivim(s, _B_IVIM), **{"f": "f", "D": "d", "D*": "d_star"}),
    ),
    ModelCase(
        "IVIM, segmented",
        (
            Parameter("f", "1", (0.05, 0.25), 0.1, (0, 1)),
            _D,
            Parameter("D*", "mm²/s", (10e-3, 50e-3), 20e-3, (4e-3, 0.3)),
        ),
        _B_IVIM,
        _ivim,
        lambda s: _fields(ivim_segmented(s, _B_IVIM), **{"f": "f", "D": "d", "D*": "d_star"}),
        theirs=_ivim_two_steps,
        note="scipy does the same two steps",
    ),
    ModelCase(
        "DKI",
        (_D, Parameter("K", "1", (0.4, 1.4), 0.8, (-1, 4))),
        _B_DKI,
        _kurtosis,
        lambda s: _fields(dki(s, _B_DKI), D="diffusivity", K="kurtosis"),
    ),
    ModelCase(
        "DKI, tensor",
        (Parameter("MD", "mm²/s", (0.7e-3, 1.6e-3), 1e-3, (0, 4e-3)), Parameter("MK", "1", (0.4, 1.2), 0.8, (-1, 4))),
        _TENSOR_B,
        _tensor,
        lambda s: _fields(dki_tensor(s, _TENSOR_B, _TENSOR_N), MD="md", MK="mk"),
        theirs=_tensor_by_curve_fit,
        note="scipy fits all 22 unknowns; 64 images in 30 directions",
    ),
    ModelCase(
        "Stretched exponential",
        (
            Parameter("DDC", "mm²/s", (0.7e-3, 2e-3), 1e-3, (1e-5, 10e-3)),
            Parameter("alpha", "1", (0.6, 0.95), 0.8, (0.1, 1)),
        ),
        _B_HIGH,
        _stretched,
        lambda s: _fields(stretched_exponential(s, _B_HIGH), DDC="ddc", alpha="alpha"),
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
        lambda s: _fields(ctrw(s, _B_HIGH), D="d", alpha="alpha", beta="beta"),
    ),
    ModelCase(
        "Restriction spectrum",
        (
            Parameter("F1", "1", (0.05, 0.3), 0.2, (0, 1)),
            Parameter("F2", "1", (0.3, 0.6), 0.5, (0, 1)),
        ),
        _B_RSI,
        _spectrum,
        lambda s: _named(restriction_spectrum(s, _B_RSI).fractions, "F1", "F2"),
        theirs=_spectrum_nnls,
        note="beside scipy.optimize.nnls, as the model is linear with bounds",
    ),
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
    ModelCase(
        "T1, flip angles",
        (Parameter("T1", "ms", (300, 2500), 1000, (10, 20000)),),
        _ANGLES,
        _spoiled,
        lambda s: {"T1": np.asarray(t1_fit(s, tuple(_ANGLES), _TR_MS).t1_ms, dtype=np.float64)},
    ),
    ModelCase(
        "Tofts",
        (_KTRANS, _V_E),
        _SECONDS,
        lambda x, ktrans, v_e: _extended(x, ktrans, v_e, 0.0),
        lambda s: _fields(tofts(s, _SECONDS, _AIF_SECONDS, _AIF), Ktrans="ktrans", v_e="v_e"),
        scaled=False,
        magnitude=False,
    ),
    ModelCase(
        "Extended Tofts",
        (_KTRANS, _V_E, _V_P),
        _SECONDS,
        _extended,
        lambda s: _fields(extended_tofts(s, _SECONDS, _AIF_SECONDS, _AIF), Ktrans="ktrans", v_e="v_e", v_p="v_p"),
        scaled=False,
        magnitude=False,
    ),
    ModelCase(
        "Extended Tofts, linear",
        (_KTRANS, _V_E, _V_P),
        _SECONDS,
        _extended,
        lambda s: _named(extended_tofts_linear(s, _SECONDS, _AIF_SECONDS, _AIF), "Ktrans", "v_e", "v_p"),
        scaled=False,
        magnitude=False,
        note="scipy fits the non-linear equation",
    ),
    ModelCase(
        "Patlak",
        (Parameter("Ktrans", "1/min", (0.01, 0.1), 0.05, (-1, 5)), _V_P),
        _SECONDS,
        _patlak,
        lambda s: _named(patlak(s, _SECONDS, _AIF_SECONDS, _AIF), "Ktrans", "v_p"),
        scaled=False,
        magnitude=False,
    ),
)
