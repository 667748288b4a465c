"""Continuous-time random walk: diffusion with waiting times and jumps of all lengths."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, Diffusion, Mask
from client.imaging.maps.b_values import need_b_values, signal_and_b
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.mittag_leffler import mittag_leffler
from client.imaging.maps.fitting.separable import Separable
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume
from shared.sections.maps import DiffusionRequest

ANOMALOUS_DIFFUSION = Quantity("ctrw_d", "mm²/s", 0, 4e-3)
TEMPORAL_HETEROGENEITY = Quantity("ctrw_alpha", "1", 0.2, 1)
SPATIAL_HETEROGENEITY = Quantity("ctrw_beta", "1", 0.2, 1)


@compiled
def _argument(b: Array, shape: Array, x: Array) -> None:
    """(b D)^beta."""
    for i in range(len(x)):
        for w in range(LANES):
            bd = b[0, i] * shape[0, w]
            x[i, w] = bd ** shape[2, w] if bd > 0 else 0.0


@compiled
def _curve(b: Array, _known: Array, shape: Array, curves: Array) -> None:
    work = np.empty((3, curves.shape[1], LANES))
    _argument(b, shape, work[0])
    mittag_leffler(shape[1], work[0], curves[0], work[1], work[2])


@compiled
def _derivative(b: Array, _known: Array, shape: Array, _at: Array, amplitudes: Array, out: Array) -> None:
    n = out.shape[1]
    work = np.empty((3, n, LANES))
    _argument(b, shape, work[0])
    mittag_leffler(shape[1], work[0], work[1], out[1], work[2])
    for i in range(n):
        for w in range(LANES):
            x, by_x = work[0, i, w], amplitudes[0, w] * work[2, i, w]
            log = np.log(b[0, i] * shape[0, w]) if x > 0 else 0.0
            out[0, i, w] = by_x * shape[2, w] * x / shape[0, w]
            out[1, i, w] *= amplitudes[0, w]
            out[2, i, w] = by_x * x * log


# In µm²/ms.
_MODEL = Separable(
    basis=_curve,
    derivative=_derivative,
    curves=1,
    lower=(0.01, 0.2, 0.2),
    upper=(10.0, 1.0, 1.0),
    nodes=np.array([(d, a, b) for d in np.geomspace(0.2, 4, 7) for a in (0.5, 0.75, 0.95) for b in (0.5, 0.75, 0.95)]),
)


@dataclass(frozen=True)
class CtrwFit:
    """Anomalous diffusion coefficient (mm²/s), both heterogeneities, and the fit's quality, all (...)."""

    d: Array
    alpha: Array
    """Of waiting times; 1 for a single rate."""
    beta: Array
    """Of jump lengths; 1 for Gaussian jumps."""
    residual: Array
    """Root mean square residual as a share of S0."""
    converged: Mask


def ctrw(signal: Array, b_values: Array, inside: Mask | None = None) -> CtrwFit:
    """S / S0 = E_alpha(-(b D)^beta) by bounded non-linear least squares, alpha and beta in [0.2, 1].

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units
    b_values : (n_b) s/mm², at least five distinct
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    CtrwFit; NaN where a signal is not finite or none is positive

    Raises
    ------
    ValueError for fewer than five distinct b-values.

    Reference: Karaman et al., Magnetic Resonance in Medicine 76 (2016) 1149; Ingo et al., Magnetic Resonance in
    Medicine 71 (2014) 617.
    """
    b = np.asarray(b_values, dtype=np.float64) / 1000
    if len(np.unique(b)) < 5:
        raise ValueError("CTRW needs at least five distinct b-values")
    fit = _MODEL.fit(b[None], signal, inside=inside)
    with np.errstate(all="ignore"):
        return CtrwFit(
            fit.shape[0] / np.float32(1000),
            fit.shape[1],
            fit.shape[2],
            fit.residual / fit.amplitudes[0],
            fit.converged,
        )


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    fit = ctrw(signal, b, acquired.regions.get("breast"))
    return MapResult(
        (
            Volume(ANOMALOUS_DIFFUSION, fit.d),
            Volume(TEMPORAL_HETEROGENEITY, fit.alpha),
            Volume(SPATIAL_HETEROGENEITY, fit.beta),
        ),
        fit=FitQuality(fit.residual, fit.converged),
    )


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(5, over=(1, 1500)),),
    gives=(ANOMALOUS_DIFFUSION, TEMPORAL_HETEROGENEITY, SPATIAL_HETEROGENEITY),
    compute=_compute,
)
