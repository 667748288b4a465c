"""Signal enhancement ratio: early enhancement over late enhancement."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import PhaseChoice

SIGNAL_ENHANCEMENT_RATIO = Quantity("signal_enhancement_ratio", "1", 0, 3)


def signal_enhancement_ratio(before: Array, early: Array, late: Array) -> Array:
    """Ratio of early to late enhancement, (S1 - S0) / (S_late - S0); over 1 where contrast washes out.

    Parameters
    ----------
    before, early, late : (...) signal before contrast, early and late after it, the same arbitrary unit

    Returns
    -------
    (...) float32; NaN where the late signal equals that before contrast

    Reference: Hylton, Journal of Clinical Oncology 24 (2006) 3293.
    """
    s0 = np.asarray(before, dtype=np.float32)
    with np.errstate(all="ignore"):
        rise, late_rise = early - s0, late - s0
        return np.where(late_rise != 0, rise / late_rise, np.float32(np.nan)).astype(np.float32, copy=False)


def _compute(acquired: Acquisition, choice: PhaseChoice) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = signal_enhancement_ratio(
        phases.baseline(dynamic),
        dynamic.signal[..., phases.early(dynamic, choice)],
        dynamic.signal[..., phases.late(dynamic, choice)],
    )
    return MapResult((Volume(SIGNAL_ENHANCEMENT_RATIO, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(phases.need_baseline, phases.need_early, phases.need_late),
    gives=(SIGNAL_ENHANCEMENT_RATIO,),
    compute=_compute,
)
