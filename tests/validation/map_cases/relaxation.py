"""T1 from spoiled gradient echoes at several flip angles."""

import numpy as np

from client.imaging.maps.t1 import t1_fit
from tests.validation.map_cases.case import Array, ModelCase, Parameter

_ANGLES = np.array([2.0, 5, 8, 12, 15, 20])
_TR_MS = 5.0


def _spoiled(angles: Array, t1_ms: float) -> Array:
    e, a = np.exp(-_TR_MS / t1_ms), np.deg2rad(angles)
    return np.sin(a) * (1 - e) / (1 - np.cos(a) * e)


CASES: tuple[ModelCase, ...] = (
    ModelCase(
        "T1, flip angles",
        (Parameter("T1", "ms", (300, 2500), 1000, (10, 20000)),),
        _ANGLES,
        _spoiled,
        lambda s: {"T1": np.asarray(t1_fit(s, tuple(_ANGLES), _TR_MS).t1_ms, dtype=np.float64)},
    ),
)
