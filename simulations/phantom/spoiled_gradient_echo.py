"""Signal of the spoiled gradient echo, the sequence of breast DCE."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def signal(r1_per_s: Array | float, flip_deg: Array | float, tr_ms: float) -> Array:
    """Steady-state signal for unit proton density and echo time 0.

    S = sin(a) (1 - E1) / (1 - cos(a) E1), E1 = exp(-TR R1)

    Parameters
    ----------
    r1_per_s : longitudinal relaxation rate, any shape
    flip_deg : flip angle, of a shape that broadcasts with it
    tr_ms : repetition time

    Reference: Haase et al., J Magn Reson 67 (1986) 258.
    """
    flip = np.deg2rad(flip_deg)
    decay = np.exp(-tr_ms / 1000 * np.asarray(r1_per_s, float))
    return np.asarray(np.sin(flip) * (1 - decay) / (1 - np.cos(flip) * decay))
