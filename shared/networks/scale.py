"""The scale of a network's inputs, learned from sums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Array


@dataclass(frozen=True)
class Scale:
    """How clinical variables and features, or the channels of images, are put on one scale for each fit.

    Parameters
    ----------
    mean, deviation : (fits, inputs)
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, count: Array, sums: Array, squares: Array) -> "Scale":
        """From patients (fits,), sums and squares (fits, inputs)."""
        patients = np.maximum(count, 1)[:, np.newaxis]
        mean = sums / patients
        variance = np.maximum(squares / patients - mean**2, 0)
        return cls(mean, np.where(variance > 0, np.sqrt(variance), 1.0))
