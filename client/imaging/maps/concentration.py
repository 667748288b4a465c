"""Concentration of contrast agent from the signal of a spoiled gradient echo."""

import numpy as np

from client.imaging.maps.acquisition import Array
from client.imaging.maps.fitting.blocks import by_blocks


def concentration(
    signal: Array,
    before: Array,
    t1_ms: Array | float,
    *,
    tr_ms: float,
    flip_angle_deg: float,
    relaxivity: float,
    b1: Array | None = None,
) -> Array:
    """Concentration C = (R1 - R1_0) / r1, with R1 from the ratio of the signal to that before contrast.

    S = M sin(a) (1 - E) / (1 - cos(a) E), E = exp(-TR R1); T2* decay is neglected, as TE is a few ms.

    Parameters
    ----------
    signal : (..., n) of the dynamic series
    before : (...) signal before contrast
    t1_ms : (...) or one number, before contrast
    relaxivity : r1, l/(mmol s)
    b1 : (...) actual over nominal flip angle; 1 if None

    Returns
    -------
    (..., n) float32 mmol/l; NaN where T1 or the signal before contrast is not positive, or the signal is higher
    than any T1 could make it

    Raises
    ------
    ValueError unless TR, flip angle and relaxivity are positive.

    Reference: Schabel and Parker, Physics in Medicine and Biology 53 (2008) 2345, equations 1-6.
    """
    if min(tr_ms, flip_angle_deg, relaxivity) <= 0:
        raise ValueError("TR, flip angle and relaxivity must be positive")
    n = signal.shape[-1]
    angle = np.deg2rad(flip_angle_deg)

    def block(values: Array) -> tuple[Array, ...]:
        s, s0, t1, ratio = values[:n], values[n], values[n + 1], values[n + 2]
        cosine = np.cos(angle * ratio)
        e0 = np.where(t1 > 0, np.exp(-tr_ms / t1), np.nan)
        # (1 - E) / (1 - E cos a) relative to full relaxation: of the baseline, then of each phase.
        y = s / np.where(s0 > 0, s0, np.nan) * ((1 - e0) / (1 - e0 * cosine))
        e = (1 - y) / (1 - y * cosine)
        r1_per_s = -np.log(np.where((e > 0) & (e < 1), e, np.nan)) * (1000 / tr_ms)
        return tuple((r1_per_s - 1000 / t1) / relaxivity)

    phases = by_blocks(block, signal, n, beside=(before, t1_ms, 1.0 if b1 is None else b1), dtype=np.float64)
    return np.stack(phases, axis=-1)
