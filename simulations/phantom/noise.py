"""Noise of magnitude images."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rician(signal: Array, sigma: float, rng: np.random.Generator) -> Array:
    """Magnitude of a complex signal with Gaussian noise in both channels.

    Parameters
    ----------
    signal : noiseless magnitude, any shape
    sigma : standard deviation of the noise in each channel, in units of the signal

    Reference: Gudbjartsson and Patz, Magn Reson Med 34 (1995) 910.
    """
    real = signal + sigma * rng.standard_normal(signal.shape)
    return np.hypot(real, sigma * rng.standard_normal(signal.shape))
