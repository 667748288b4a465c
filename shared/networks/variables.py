"""Clinical variables on the scale on which a network takes them, learned from sums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Array


@dataclass(frozen=True)
class Variables:
    """How clinical variables are put on one scale, learned from sums.

    Parameters
    ----------
    mean, deviation : (fits, variables)
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, count: Array, sums: Array, squares: Array) -> "Variables":
        """From patients (fits,), sums and squares (fits, variables)."""
        patients = np.maximum(count, 1)[:, np.newaxis]
        mean = sums / patients
        variance = np.maximum(squares / patients - mean**2, 0)
        return cls(mean, np.where(variance > 0, np.sqrt(variance), 1.0))
