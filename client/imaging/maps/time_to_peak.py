"""Time to peak: when the enhancement curve is highest."""

import numpy as np

from client.imaging.maps import phases
from client.imaging.maps.acquisition import Acquisition, Array, Dynamic
from client.imaging.maps.fitting.blocks import by_blocks
from client.imaging.maps.quantitative_map import QuantitativeMap
from client.imaging.maps.quantity import MapResult, Quantity, Volume

TIME_TO_PEAK = Quantity("time_to_peak", "s", 0, 1200)


def time_to_peak(signal: Array, seconds: Array) -> Array:
    """Seconds from the injection to the phase after contrast with the highest signal, the first of equals.

    Parameters
    ----------
    signal : (..., n_phases)
    seconds : (n_phases) after the injection

    Returns
    -------
    (...) float32; NaN where a signal after contrast is not a number

    Raises
    ------
    ValueError if no phase lies after the injection.
    """
    times = np.asarray(seconds, dtype=np.float32)
    after = np.flatnonzero(times > 0)
    if not len(after):
        raise ValueError("no phase lies after the injection")

    def block(s: Array) -> tuple[Array, ...]:
        s = s[after]
        peak = times[after][np.argmax(s, axis=0)]
        return (np.where(np.isnan(s).any(axis=0), np.float32(np.nan), peak),)

    return by_blocks(block, signal, 1)[0]


def _compute(acquired: Acquisition, _: object) -> MapResult:
    dynamic = acquired.get(Dynamic)
    values = time_to_peak(dynamic.signal, np.asarray(dynamic.seconds))
    return MapResult((Volume(TIME_TO_PEAK, values),), timing_assumed=dynamic.timing_assumed)


MAP = QuantitativeMap(reads=(Dynamic,), needs=(phases.need_after(3),), gives=(TIME_TO_PEAK,), compute=_compute)
