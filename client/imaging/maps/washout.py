"""Washout: what the signal loses, or still gains, between the early and the late phase."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import PhaseChoice

WASHOUT = Quantity("washout", "%", -100, 300)


def washout(early: Array, late: Array) -> Array:
    """Relative change from the early to the late phase, 100 (S_late - S1) / S1; negative where it washes out.

    Parameters
    ----------
    early, late : (...) signal early and late after contrast, the same arbitrary unit

    Returns
    -------
    (...) float32, per cent; NaN where the early signal is not positive

    Reference: Kuhl et al., Radiology 211 (1999) 101.
    """
    s1, s_late = np.asarray(early, dtype=np.float32), np.asarray(late, dtype=np.float32)
    with np.errstate(all="ignore"):
        return np.where(s1 > 0, 100 * (s_late / s1 - 1), np.float32(np.nan))


def _compute(acquired: Acquisition, choice: PhaseChoice) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = washout(
        dynamic.signal[..., phases.early(dynamic, choice)], dynamic.signal[..., phases.late(dynamic, choice)]
    )
    return MapResult((Volume(WASHOUT, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(reads=(Dynamic,), needs=(phases.need_early, phases.need_late), gives=(WASHOUT,), compute=_compute)
