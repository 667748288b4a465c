"""What coils do to an image: uneven flip angle and uneven sensitivity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BODY_HALF_WIDTH_MM = 150.0
_REACH_MM = 60.0


@dataclass(frozen=True)
class Coil:
    """Transmit and receive fields of one exam.

    Attributes
    ----------
    b1_asymmetry : relative change of the flip angle from the midline to the body's left side
    bias : relative range of the receive sensitivity over the breast
    direction : (3,) unit vector (LPS) along which the sensitivity rises
    centre_mm : (3,) where the sensitivity is 1
    """

    b1_asymmetry: float
    bias: float
    direction: Array
    centre_mm: Array

    def flip_scale(self, points_mm: Array) -> Array:
        """(...) actual over nominal flip angle: over-flipped on the left, under-flipped on the right.

        At 3 T the asymmetry between the breasts is 10 to 25 % (Azlan et al., J Magn Reson Imaging 31 (2010)
        234).
        """
        return np.asarray(1 + self.b1_asymmetry * np.tanh(points_mm[..., 0] / _BODY_HALF_WIDTH_MM))

    def sensitivity(self, points_mm: Array) -> Array:
        """(...) receive sensitivity, smooth and positive; it falls off towards the chest wall."""
        offset = (points_mm - self.centre_mm) / _REACH_MM
        along = offset @ self.direction
        return np.asarray(np.exp(self.bias * (along + 0.5 * along**2 - 0.25 * (offset**2).sum(-1))))
