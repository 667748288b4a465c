"""Curve type: persistent, plateau or washout, by the change from the early to the late phase."""

from enum import IntEnum

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume
from shared.sections.maps import PhaseChoice


class CurveType(IntEnum):
    """The three kinds of delayed phase (BI-RADS)."""

    PERSISTENT = 1
    PLATEAU = 2
    WASHOUT = 3


CURVE_TYPE = Quantity("curve_type", "1", CurveType.PERSISTENT, CurveType.WASHOUT)


def curve_type(early: Array, late: Array, threshold_percent: float = 10) -> Array:
    """Curve type of each voxel, as the numbers of `CurveType`.

    Parameters
    ----------
    early, late : (...) signal early and late after contrast, the same arbitrary unit
    threshold_percent : changes up to this count as a plateau

    Returns
    -------
    (...) float32; NaN where the early signal is not positive

    Reference: ACR BI-RADS Atlas, 5th edition (2013), MRI, kinetic curve assessment.
    """
    s1 = np.asarray(early, dtype=np.float32)
    with np.errstate(all="ignore"):
        change, bound = 100 * (late - s1), threshold_percent * s1
    kinds = np.full(change.shape, np.float32(CurveType.PLATEAU))
    kinds[change > bound] = CurveType.PERSISTENT
    kinds[change < -bound] = CurveType.WASHOUT
    kinds[~((s1 > 0) & np.isfinite(change))] = np.nan
    return kinds


def _compute(acquired: Acquisition, choice: PhaseChoice) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = curve_type(
        dynamic.signal[..., phases.early(dynamic, choice)], dynamic.signal[..., phases.late(dynamic, choice)]
    )
    return MapResult((Volume(CURVE_TYPE, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(
    reads=(Dynamic,), needs=(phases.need_early, phases.need_late), gives=(CURVE_TYPE,), compute=_compute
)
