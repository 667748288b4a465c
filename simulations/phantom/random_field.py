"""Smooth random textures that can be evaluated at any point, whatever the scanner's grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RandomField:
    """Stationary field of mean 0 and variance 1: a sum of random waves.

    Attributes
    ----------
    wave_vectors : (waves, 3) radians per mm
    phases : (waves,) radians
    """

    wave_vectors: Array
    phases: Array

    @classmethod
    def draw(cls, rng: np.random.Generator, correlation_mm: float, waves: int = 48) -> "RandomField":
        """Draw a field whose covariance is exp(-d^2 / (2 correlation_mm^2)).

        Reference: Rahimi and Recht, NIPS 2007 (random Fourier features).
        """
        return cls(
            rng.standard_normal((waves, 3)) / correlation_mm,
            rng.uniform(0, 2 * np.pi, waves),
        )

    def __call__(self, points_mm: Array) -> Array:
        """(..., 3) points to (...) values."""
        values: Array = np.cos(points_mm @ self.wave_vectors.T + self.phases).sum(-1)
        return np.asarray(values * np.sqrt(2 / len(self.phases)))
