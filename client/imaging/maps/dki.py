"""Diffusion kurtosis, averaged over directions."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.fitting.compiled import compiled
from client.imaging.maps.fitting.log_linear import LogLinear
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

DIFFUSIVITY = Quantity("dki_d", "mm²/s", 0, 4e-3)
KURTOSIS = Quantity("dki_k", "1", 0, 3)


@dataclass(frozen=True)
class KurtosisFit:
    """Diffusivity (mm²/s), kurtosis, and the residual as a share of S0, all (...)."""

    diffusivity: Array
    kurtosis: Array
    residual: Array


@compiled
def _kurtosis(coefficients: Array) -> None:
    """Turn the rows D and D² K, in µm²/ms and its square, into D in mm²/s and K, in place."""
    d, k = coefficients[1], coefficients[2]
    least, most, nan, thousandth = np.float32(-1), np.float32(4), np.float32(np.nan), np.float32(1e-3)
    for v in range(len(d)):
        value = k[v] / (d[v] * d[v])
        k[v] = value if least <= value <= most else nan
        d[v] *= thousandth


def dki(signal: Array, b_values: Array, inside: Mask | None = None) -> KurtosisFit:
    """Ln S = ln S0 - b D + b² D² K / 6 by weighted linear least squares.

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units, averaged over directions (geometrically, or as the scanner does)
    b_values : (n_b) s/mm², at least three distinct; the expansion holds up to about 3 / (D K)
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    KurtosisFit; NaN where a signal is not positive. Kurtosis is NaN outside [-1, 4], where noise has left nothing
    to determine it.

    Raises
    ------
    ValueError for fewer than three distinct b-values.

    Reference: Jensen et al., Magnetic Resonance in Medicine 53 (2005) 1432.
    """
    b = np.asarray(b_values, dtype=np.float64) / 1000
    if len(np.unique(b)) < 3:
        raise ValueError("DKI needs at least three distinct b-values")
    design = np.stack([np.ones_like(b), -b, b**2 / 6], axis=1)
    fit = LogLinear(design)

    def block(s: Array) -> tuple[Array, ...]:
        parameters = fit.block(s)
        _kurtosis(parameters)
        return tuple(parameters[1:])

    return KurtosisFit(*by_blocks(block, signal, 3, inside=inside))


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    fit = dki(signal, b, acquired.regions.get("breast"))
    return MapResult(
        (Volume(DIFFUSIVITY, fit.diffusivity), Volume(KURTOSIS, fit.kurtosis)),
        fit=FitQuality(fit.residual, np.isfinite(fit.kurtosis)),
    )


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(3, over=(1, 1400)),),
    gives=(DIFFUSIVITY, KURTOSIS),
    compute=_compute,
)
