"""T1 from spoiled gradient echoes with several flip angles."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Acquisition, Array, FlipAngles, Mask
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.exponential import decay
from client.imaging.maps.fitting.separable import Separable
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Quantity, Volume

T1 = Quantity("t1", "ms", 50, 5000)


@compiled
def _curve(x: Array, known: Array, shape: Array, curves: Array) -> None:
    for i in range(curves.shape[1]):
        for w in range(LANES):
            angle = x[0, i] * known[0, w]
            e = decay(x[1, i] * shape[0, w])
            curves[0, i, w] = np.sin(angle) * (1 - e) / (1 - np.cos(angle) * e)


@compiled
def _derivative(x: Array, known: Array, shape: Array, _at: Array, amplitudes: Array, out: Array) -> None:
    for i in range(out.shape[1]):
        for w in range(LANES):
            angle = x[0, i] * known[0, w]
            cosine = np.cos(angle)
            e = decay(x[1, i] * shape[0, w])
            rest = 1 - cosine * e
            out[0, i, w] = amplitudes[0, w] * np.sin(angle) * (1 - cosine) * x[1, i] * e / (rest * rest)


_MODEL = Separable(
    basis=_curve,
    derivative=_derivative,
    curves=1,
    lower=(0.05,),
    upper=(100.0,),
    nodes=np.geomspace(0.1, 60, 40)[:, None],
)


@dataclass(frozen=True)
class T1Fit:
    """T1 and the fit's quality, all (...)."""

    t1_ms: Array
    residual: Array
    """Root mean square residual as a share of the mean signal."""
    converged: Mask


def t1_fit(
    signal: Array,
    flip_angles_deg: tuple[float, ...],
    tr_ms: float,
    b1: Array | None = None,
    inside: Mask | None = None,
) -> T1Fit:
    """T1 by non-linear least squares of S = M sin(a) (1 - E) / (1 - cos(a) E), E = exp(-TR / T1).

    Parameters
    ----------
    signal : (..., n) of spoiled gradient echoes, arbitrary unit
    flip_angles_deg : (n) nominal, at least two distinct
    b1 : (...) actual over nominal flip angle; 1 if None
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    T1Fit; NaN where a signal is not finite or none is positive

    Raises
    ------
    ValueError for fewer than two distinct flip angles, or a TR that is not positive.

    Reference: Gupta, Journal of Magnetic Resonance 25 (1977) 231; Deoni, Rutt and Peters, Magnetic Resonance in
    Medicine 49 (2003) 515; fitted without linearizing, which would weight the noise unevenly.
    """
    if len(set(flip_angles_deg)) < 2 or tr_ms <= 0:
        raise ValueError("T1 needs at least two distinct flip angles and a positive TR")
    x = np.stack([np.deg2rad(flip_angles_deg), np.full(len(flip_angles_deg), tr_ms / 1000)])
    fit = _MODEL.fit(x, signal, inside=inside, known=(1.0,) if b1 is None else (b1,))
    with np.errstate(all="ignore"):
        t1_ms = np.where(fit.amplitudes[0] > 0, 1000 / fit.shape[0], np.float32(np.nan))
        return T1Fit(t1_ms, fit.residual / np.mean(signal, axis=-1), fit.converged)


def _need_flip_angles(acquired: Acquisition, _: object) -> str | None:
    angles = acquired.get(FlipAngles).flip_angles_deg
    if len(set(angles)) >= 2:
        return None
    return f"at least two different flip angles (there are: {', '.join(f'{a:g}' for a in angles)} degrees)"


def _compute(acquired: Acquisition, _: object) -> MapResult:
    angles = acquired.get(FlipAngles)
    fit = t1_fit(angles.signal, angles.flip_angles_deg, angles.tr_ms, angles.b1, acquired.regions.get("breast"))
    return MapResult((Volume(T1, fit.t1_ms),), fit=FitQuality(fit.residual, fit.converged))


MAP = QuantitativeMap(reads=(FlipAngles,), needs=(_need_flip_angles,), gives=(T1,), compute=_compute)
