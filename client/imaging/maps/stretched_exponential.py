"""Stretched exponential: how far a voxel is from one diffusion coefficient."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.exponential import decay
from client.imaging.maps.fitting.separable import Separable
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

DISTRIBUTED_DIFFUSION = Quantity("ddc", "mm²/s", 0, 4e-3)
HETEROGENEITY = Quantity("stretched_alpha", "1", 0.2, 1)


@compiled
def _curve(b: Array, _known: Array, shape: Array, curves: Array) -> None:
    for i in range(curves.shape[1]):
        for w in range(LANES):
            x = b[0, i] * shape[0, w]
            curves[0, i, w] = decay(x ** shape[1, w]) if x > 0 else 1.0


@compiled
def _derivative(b: Array, _known: Array, shape: Array, curves: Array, amplitudes: Array, out: Array) -> None:
    for i in range(out.shape[1]):
        for w in range(LANES):
            x = b[0, i] * shape[0, w]
            log = np.log(x) if x > 0 else 0.0
            power = np.exp(shape[1, w] * log) if x > 0 else 0.0
            scaled = -amplitudes[0, w] * curves[0, i, w] * power
            out[0, i, w] = scaled * shape[1, w] / shape[0, w]
            out[1, i, w] = scaled * log


# In µm²/ms.
_MODEL = Separable(
    basis=_curve,
    derivative=_derivative,
    curves=1,
    lower=(0.01, 0.1),
    upper=(10.0, 1.0),
    nodes=np.array([(d, alpha) for d in np.geomspace(0.1, 4, 8) for alpha in (0.3, 0.5, 0.7, 0.85, 0.97)]),
)


@dataclass(frozen=True)
class StretchedFit:
    """Distributed diffusion coefficient (mm²/s), heterogeneity index, and the fit's quality, all (...)."""

    ddc: Array
    alpha: Array
    residual: Array
    """Root mean square residual as a share of S0."""
    converged: Mask


def stretched_exponential(signal: Array, b_values: Array, inside: Mask | None = None) -> StretchedFit:
    """S / S0 = exp(-(b DDC)^alpha) by bounded non-linear least squares, alpha in [0.1, 1].

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units
    b_values : (n_b) s/mm², at least four distinct
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    StretchedFit; NaN where a signal is not finite or none is positive

    Raises
    ------
    ValueError for fewer than four distinct b-values.

    Reference: Bennett et al., Magnetic Resonance in Medicine 50 (2003) 727.
    """
    b = np.asarray(b_values, dtype=np.float64) / 1000
    if len(np.unique(b)) < 4:
        raise ValueError("the stretched exponential needs at least four distinct b-values")
    fit = _MODEL.fit(b[None], signal, inside=inside)
    with np.errstate(all="ignore"):
        return StretchedFit(
            fit.shape[0] / np.float32(1000), fit.shape[1], fit.residual / fit.amplitudes[0], fit.converged
        )


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    fit = stretched_exponential(signal, b, acquired.regions.get("breast"))
    return MapResult(
        (Volume(DISTRIBUTED_DIFFUSION, fit.ddc), Volume(HETEROGENEITY, fit.alpha)),
        fit=FitQuality(fit.residual, fit.converged),
    )


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(4, over=(1, 1000)),),
    gives=(DISTRIBUTED_DIFFUSION, HETEROGENEITY),
    compute=_compute,
)
