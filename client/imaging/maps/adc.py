"""Apparent diffusion coefficient."""

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.log_linear import LogLinear
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

ADC = Quantity("adc", "mm²/s", 0, 3.5e-3)


def adc_fit(signal: Array, b_values: Array, inside: Mask | None = None) -> tuple[Array, Array]:
    """ADC as `adc` gives it, and the root mean square residual as a share of S0."""
    b = np.asarray(b_values, dtype=np.float64) / 1000  # numbers of about 1 keep their digits
    if len(np.unique(b)) < 2:
        raise ValueError("ADC needs at least two distinct b-values")
    design = np.stack([np.ones_like(b), -b], axis=1)
    fit = LogLinear(design)

    def block(s: Array) -> tuple[Array, ...]:
        _, d, residual = fit.block(s)
        return d / 1000, residual

    values, residual = by_blocks(block, signal, 2, inside=inside)
    return values, residual


def adc(signal: Array, b_values: Array, inside: Mask | None = None) -> Array:
    """Apparent diffusion coefficient by weighted log-linear least squares, S = S0 exp(-b ADC).

    Parameters
    ----------
    signal : (..., n_b) magnitude signal, arbitrary units
    b_values : (n_b,) s/mm², at least two distinct values
    inside : (...) where to compute; everywhere if None

    Returns
    -------
    (...) float32 ADC in mm²/s; NaN where a signal is not positive

    Raises
    ------
    ValueError if fewer than two distinct b-values are given.

    Reference: Le Bihan et al., Radiology 161 (1986) 401.
    """
    return adc_fit(signal, b_values, inside)[0]


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    values, residual = adc_fit(signal, b, acquired.regions.get("breast"))
    return MapResult((Volume(ADC, values),), fit=FitQuality(residual, np.isfinite(values)))


MAP = QuantitativeMap(reads=(Diffusion,), needs=(need_b_values(2),), gives=(ADC,), compute=_compute)
