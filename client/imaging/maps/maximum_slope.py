"""Maximum slope of the enhancement curve."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume

MAXIMUM_SLOPE = Quantity("maximum_slope", "%/s", 0, 50)


def maximum_slope(signal: Array, seconds: Array) -> Array:
    """Steepest rise between consecutive phases, 100 (S_i+1 - S_i) / S0 / (t_i+1 - t_i).

    Parameters
    ----------
    signal : (..., n_phases)
    seconds : (n_phases) after the injection, increasing; S0 is the mean of the phases at or before zero

    Returns
    -------
    (...) float32, %/s; NaN where the signal before contrast is not positive

    Raises
    ------
    ValueError if no phase lies before contrast, or the seconds do not increase.

    Reference: Mann et al., Investigative Radiology 49 (2014) 579.
    """
    times = np.asarray(seconds, dtype=np.float32)
    before = np.flatnonzero(times <= 0)
    if not len(before) or np.any(np.diff(times) <= 0):
        raise ValueError("the maximum slope needs a phase before contrast and increasing times")

    def block(s: Array) -> tuple[Array, ...]:
        s0 = s[before].mean(axis=0)
        # From the last phase before contrast on: a rise between two phases before it is noise.
        first = before[-1]
        steps = np.diff(s[first:], axis=0) / np.diff(times[first:])[:, None]
        return (np.where(s0 > 0, 100 * steps.max(axis=0) / s0, np.float32(np.nan)),)

    return by_blocks(block, signal, 1)[0]


def _compute(acquired: Acquisition, _: object) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = maximum_slope(dynamic.signal, np.asarray(dynamic.seconds))
    return MapResult((Volume(MAXIMUM_SLOPE, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(
    reads=(Dynamic,),
    needs=(phases.need_baseline, phases.need_after(2)),
    gives=(MAXIMUM_SLOPE,),
    compute=_compute,
)
