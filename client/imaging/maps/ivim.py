"""Intravoxel incoherent motion, full non-linear fit."""

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

PERFUSION_FRACTION = Quantity("ivim_f", "1", 0, 0.5)
DIFFUSION = Quantity("ivim_d", "mm²/s", 0, 3.5e-3)
PSEUDO_DIFFUSION = Quantity("ivim_d_star", "mm²/s", 4e-3, 0.3)


SLOWEST, FASTEST = np.float32(4), np.float32(300)
"""Bounds of D*, µm²/ms. D ends where D* begins, so that the two cannot change places."""


@compiled
def _curves(b: Array, _known: Array, shape: Array, curves: Array) -> None:
    for i in range(curves.shape[1]):
        for w in range(LANES):
            curves[0, i, w] = decay(b[0, i] * shape[1, w])
            curves[1, i, w] = decay(b[0, i] * shape[0, w])


@compiled
def _derivative(b: Array, _known: Array, _shape: Array, curves: Array, amplitudes: Array, out: Array) -> None:
    for i in range(out.shape[1]):
        for w in range(LANES):
            out[0, i, w] = -amplitudes[1, w] * b[0, i] * curves[1, i, w]
            out[1, i, w] = -amplitudes[0, w] * b[0, i] * curves[0, i, w]


MODEL = Separable(
    basis=_curves,
    derivative=_derivative,
    curves=2,
    lower=(0.0, float(SLOWEST)),
    upper=(float(SLOWEST), float(FASTEST)),
    nodes=np.array([(d, fast) for fast in np.geomspace(5, 280, 9) for d in np.geomspace(0.3, 3, 8)]),
    groups=3,
)


@dataclass(frozen=True)
class IvimFit:
    """Perfusion fraction, diffusion and pseudo-diffusion (mm²/s), and the fit's quality, all (...)."""

    f: Array
    d: Array
    d_star: Array
    residual: Array
    """Root mean square residual as a share of S0."""
    converged: Mask

    def result(self) -> MapResult:
        """All maps of the fit."""
        return MapResult(
            (
                Volume(PERFUSION_FRACTION, self.f),
                Volume(DIFFUSION, self.d),
                Volume(PSEUDO_DIFFUSION, self.d_star),
            ),
            fit=FitQuality(self.residual, self.converged),
        )


def determined(d_star: Array, f: Array) -> Array:
    """D* in µm²/ms where the data determine it; NaN at its bounds, and where nothing flows."""
    return np.where((d_star > SLOWEST) & (d_star < FASTEST) & (f > 0), d_star, np.float32(np.nan))


def ivim(signal: Array, b_values: Array, inside: Mask | None = None) -> IvimFit:
    """S / S0 = f exp(-b D*) + (1 - f) exp(-b D), by bounded non-linear least squares.

    Bounds: f in [0, 1], D in [0, 4e-3], D* in [4e-3, 0.3] mm²/s.

    Parameters
    ----------
    signal : (..., n_b) magnitude, arbitrary units
    b_values : (n_b) s/mm², at least four distinct
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    IvimFit; NaN where a signal is not finite or all are zero. D* is NaN at its bounds and where f is zero: the
    data do not determine it there.

    Raises
    ------
    ValueError for fewer than four distinct b-values.

    Reference: Le Bihan et al., Radiology 168 (1988) 497.
    """
    b = np.asarray(b_values, dtype=np.float64) / 1000
    if len(np.unique(b)) < 4:
        raise ValueError("IVIM needs at least four distinct b-values")
    fit = MODEL.fit(b[None], signal, inside=inside)
    d, d_star = fit.shape
    with np.errstate(all="ignore"):
        s0 = fit.amplitudes[0] + fit.amplitudes[1]
        f = fit.amplitudes[0] / s0
        return IvimFit(
            f,
            d / np.float32(1000),
            determined(d_star, f) / np.float32(1000),
            fit.residual / s0,
            fit.converged,
        )


def _compute(acquired: Acquisition, settings: DiffusionRequest) -> MapResult:
    signal, b = signal_and_b(acquired.get(Diffusion), settings)
    return ivim(signal, b, acquired.regions.get("breast")).result()


MAP = QuantitativeMap(
    reads=(Diffusion,),
    needs=(need_b_values(4, under=(2, 200), over=(2, 200)),),
    gives=(PERFUSION_FRACTION, DIFFUSION, PSEUDO_DIFFUSION),
    compute=_compute,
)
