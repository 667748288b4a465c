"""A model of tissue under comparison: what is simulated, our fit, and scipy's `curve_fit` within the same bounds."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeWarning, curve_fit

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
        low, high = np.array([parameter.tissue for parameter in self.parameters]).T
        return rng.uniform(low, high, (voxels, len(self.parameters)))

    def clean(self, truth: Array) -> Array:
        """(voxels, n) signals without noise."""
        return np.stack([self.curve(self.x, *voxel) for voxel in truth])

    def noisy(self, clean: Array, snr: float, rng: np.random.Generator) -> Array:
        """Rician noise on magnitudes (SNR of the largest signal), Gaussian on concentrations (of their peak)."""
        sigma = clean.max(axis=1, keepdims=True) / snr
        real = clean + sigma * rng.standard_normal(clean.shape)
        return np.hypot(real, sigma * rng.standard_normal(clean.shape)) if self.magnitude else real

    def scipy_fit(self, signal: Array) -> Array:
        """(voxels, p) of `curve_fit`, voxel by voxel; NaN where it gives up."""
        return np.array([self._one(voxel) for voxel in signal])

    def _one(self, signal: Array) -> tuple[float, ...]:
        if self.theirs is not None:
            return self.theirs(signal)
        start = [parameter.start for parameter in self.parameters]
        bounds = np.array([parameter.bounds for parameter in self.parameters])
        function = self.curve
        if self.scaled:
            start = [float(signal.max()), *start]
            bounds = np.array([(0, 1000 * signal.max()), *bounds])

            def function(x: Array, s0: float, *parameters: float) -> Array:
                return s0 * self.curve(x, *parameters)

        fitted = scipy_curve_fit(function, self.x, signal, start, bounds)
        return fitted[1:] if self.scaled else fitted


def scipy_curve_fit(
    function: Callable[..., Array], x: Array, signal: Array, start: list[float], bounds: Array
) -> tuple[float, ...]:
    """`curve_fit` within bounds, scaled by its own estimate of each parameter's influence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (OptimizeWarning, RuntimeWarning))
        try:
            fitted, _ = curve_fit(function, x, signal, start, bounds=bounds.T, x_scale="jac", max_nfev=500)
        except RuntimeError:
            return (np.nan,) * len(start)
    return tuple(fitted)


def fields(fit: object, **names: str) -> dict[str, Array]:
    return {name: np.asarray(getattr(fit, field), dtype=np.float64) for name, field in names.items()}


def named(values: tuple[Array, ...], *names: str) -> dict[str, Array]:
    return {name: np.asarray(value, dtype=np.float64) for name, value in zip(names, values, strict=False)}
