"""Extended Tofts model, full non-linear fit, with the bolus's delay."""

import numpy as np

from client.imaging.maps import kinetics
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.imaging.maps.fitting.compiled import LANES, compiled
from client.imaging.maps.fitting.convolution import convolve
from client.imaging.maps.kinetic_fit import DELAY, KTRANS, V_E, V_P, KineticFit, KineticModel
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult
from shared.sections.maps import PharmacokineticRequest


@compiled
def _curves(x: Array, _known: Array, shape: Array, curves: Array) -> None:
    unused = np.empty((2, curves.shape[1], LANES))
    convolve(x[0], x[1], x[2], shape[0], shape[1], curves[0], unused[0], curves[1], unused[1])


@compiled
def _derivative(x: Array, _known: Array, shape: Array, _at: Array, amplitudes: Array, out: Array) -> None:
    n = out.shape[1]
    work = np.empty((4, n, LANES))
    convolve(x[0], x[1], x[2], shape[0], shape[1], work[0], work[1], work[2], work[3])
    for i in range(n):
        for w in range(LANES):
            out[0, i, w] = amplitudes[0, w] * work[1, i, w]
            # d/dt of the convolution is c - k times itself; a longer delay is an earlier time.
            later = -amplitudes[0, w] * (work[2, i, w] - shape[0, w] * work[0, i, w])
            out[1, i, w] = later - amplitudes[1, w] * work[3, i, w]


_MODEL = KineticModel(_curves, _derivative, curves=2, at_least=4)


def extended_tofts(
    concentration: Array,
    seconds: Array,
    arterial_seconds: Array,
    arterial: Array,
    *,
    fit_delay: bool = False,
    inside: Mask | None = None,
) -> KineticFit:
    """C(t) = v_p C_p(t) + Ktrans * integral of C_p(u) exp(-k_ep (t - u)) du, k_ep = Ktrans / v_e.

    Parameters
    ----------
    concentration : (..., n) mmol/l in tissue
    seconds : (n) times of the phases, increasing
    arterial_seconds, arterial : (grid) times and plasma concentration in mmol/l, linear between, zero before
    fit_delay : search the delay from artery to tissue, up to 30 s
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    KineticFit; NaN where a concentration is not finite or all are zero

    Raises
    ------
    ValueError for fewer than four phases, or times that do not increase.

    Reference: Tofts, Journal of Magnetic Resonance Imaging 7 (1997) 91; Sourbron and Buckley, Magnetic Resonance in
    Medicine 66 (2011) 735.
    """
    return _MODEL.fit(concentration, seconds, arterial_seconds, arterial, fit_delay=fit_delay, inside=inside)


def _compute(acquired: Acquisition, settings: PharmacokineticRequest) -> MapResult:
    return kinetics.fitted(extended_tofts, acquired, settings)


MAP = QuantitativeMap(reads=(Dynamic,), needs=kinetics.NEEDS, gives=(KTRANS, V_E, V_P, DELAY), compute=_compute)
