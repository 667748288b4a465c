"""Percent enhancement between the phase before contrast and the early phase."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import PhaseChoice

PERCENT_ENHANCEMENT = Quantity("percent_enhancement", "%", -50, 1000)


def percent_enhancement(before: Array, early: Array) -> Array:
    """Relative signal increase after contrast, 100 (S1 - S0) / S0.

    Parameters
    ----------
    before, early : (...) signal before contrast and early after it, the same arbitrary unit

    Returns
    -------
    (...) float32, per cent; NaN where the signal before contrast is not positive

    Reference: Hylton, Journal of Clinical Oncology 24 (2006) 3293.
    """
    s0 = np.asarray(before, dtype=np.float32)
    s1 = np.asarray(early, dtype=np.float32)
    with np.errstate(all="ignore"):
        # the difference first, in double precision: a ratio that is exactly a threshold comes out as that threshold
        rise = 100 * np.subtract(s1, s0, dtype=np.float64) / s0
        return np.where(s0 > 0, rise, np.nan).astype(np.float32)


def _compute(acquired: Acquisition, choice: PhaseChoice) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = percent_enhancement(phases.baseline(dynamic), dynamic.signal[..., phases.early(dynamic, choice)])
    return MapResult((Volume(PERCENT_ENHANCEMENT, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(phases.need_baseline, phases.need_early),
    gives=(PERCENT_ENHANCEMENT,),
    compute=_compute,
)
