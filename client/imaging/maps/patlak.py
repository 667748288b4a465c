"""Patlak model: leakage without return, in closed form."""

import numpy as np

from client.imaging.maps import kinetics
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic, Mask
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.kinetic_fit import KTRANS, V_P, check
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import FitQuality, MapResult, Volume
from shared.sections.maps import PharmacokineticRequest


def running_integral(times: Array, values: Array) -> Array:
    """Trapezoidal integral from the first time to each."""
    return np.concatenate([[0.0], np.cumsum(np.diff(times) * (values[1:] + values[:-1]) / 2)])


def patlak(
    concentration: Array,
    seconds: Array,
    arterial_seconds: Array,
    arterial: Array,
    *,
    inside: Mask | None = None,
) -> tuple[Array, Array, Array]:
    """C(t) = v_p C_p(t) + Ktrans * integral of C_p, by linear least squares.

    Parameters
    ----------
    concentration : (..., n) mmol/l in tissue
    seconds : (n) times of the phases, increasing
    arterial_seconds, arterial : (grid) times and plasma concentration in mmol/l, linear between, zero before
    inside : (...) where to fit; everywhere if None

    Returns
    -------
    Ktrans (1/min), v_p, and the root mean square residual as a share of the root mean square concentration, each
    (...) float32; NaN where a concentration is not finite

    Raises
    ------
    ValueError for fewer than three phases, or times that do not increase.

    Reference: Patlak, Blasberg and Fenstermacher, Journal of Cerebral Blood Flow & Metabolism 3 (1983) 1.
    """
    check(seconds, arterial_seconds, at_least=3)
    exposure = running_integral(arterial_seconds, arterial)
    design = np.stack(
        [
            np.interp(seconds, arterial_seconds, exposure, left=0.0),
            np.interp(seconds, arterial_seconds, arterial, left=0.0),
        ],
        axis=1,
    )
    inverse = np.linalg.pinv(design)

    def block(c: Array) -> tuple[Array, ...]:
        amplitudes = inverse @ c
        residual = np.square(c - design @ amplitudes).sum(axis=0) / np.square(c).sum(axis=0)
        return 60 * amplitudes[0], amplitudes[1], np.sqrt(residual)

    ktrans, v_p, residual = by_blocks(block, concentration, 3, inside=inside, dtype=np.float64)
    return ktrans, v_p, residual


def _compute(acquired: Acquisition, settings: PharmacokineticRequest) -> MapResult:
    dynamic = acquired.get(Dynamic)
    seconds = np.asarray(dynamic.seconds)
    ktrans, v_p, residual = patlak(
        kinetics.tissue_concentration(acquired, settings),
        seconds,
        *kinetics.arterial_curve(settings, seconds[-1]),
        inside=acquired.regions.get("breast"),
    )
    return MapResult(
        (Volume(KTRANS, ktrans), Volume(V_P, v_p)),
        fit=FitQuality(residual, np.isfinite(ktrans)),
        timing_assumed=dynamic.timing_assumed,
    )


MAP = QuantitativeMap(reads=(Dynamic,), needs=kinetics.NEEDS, gives=(KTRANS, V_P), compute=_compute)
