"""Wash-in rate: percent enhancement of the early phase over the time that it took."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.percent_enhancement import percent_enhancement
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import PhaseChoice

WASH_IN = Quantity("wash_in", "%/s", -1, 50)


def wash_in(before: Array, early: Array, early_s: float) -> Array:
    """Percent enhancement per second between the injection and the early phase.

    Parameters
    ----------
    before, early : (...) signal before contrast and early after it, the same arbitrary unit
    early_s : seconds from the injection to the early phase

    Returns
    -------
    (...) float32, %/s; NaN where the signal before contrast is not positive

    Raises
    ------
    ValueError if the early phase is not after the injection.

    Reference: Khalifa et al., Medical Physics 41 (2014) 124301, section II.
    """
    if early_s <= 0:
        raise ValueError("the early phase must lie after the injection")
    return percent_enhancement(before, early) / np.float32(early_s)


def _compute(acquired: Acquisition, choice: PhaseChoice) -> MapResult:
    dynamic = acquired.get(Dynamic)
    index = phases.early(dynamic, choice)
    values = wash_in(phases.baseline(dynamic), dynamic.signal[..., index], dynamic.seconds[index])
    return MapResult((Volume(WASH_IN, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(phases.need_baseline, phases.need_early),
    gives=(WASH_IN,),
    compute=_compute,
)
