"""What lies in the scanner: a breast with a tumour, asked for its tissues at any point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulations.phantom.breast import Breast
from simulations.phantom.tissue import Tissue
from simulations.phantom.tumour import Tumour, TumourProperties

Array = NDArray[np.float64]

_NEGLIGIBLE = 1e-3


@dataclass(frozen=True)
class Composition:
    """What a set of points is made of.

    Attributes
    ----------
    fractions : (tissues, ...) share of each tissue; what is missing to 1 is air
    tumorous : (...) whether any tumour is there
    properties : the tumour's at those points, in C order
    """

    fractions: Array
    tumorous: NDArray[np.bool_]
    properties: TumourProperties


@dataclass(frozen=True)
class Body:
    """A breast and its tumour.

    Attributes
    ----------
    breast, tumour : in the patient's coordinates (LPS, mm)
    tumour_t1 : the tumour's T1 relative to the table's
    background : Ktrans of the fibroglandular tissue relative to the table's (background enhancement)
    """

    breast: Breast
    tumour: Tumour
    tumour_t1: float
    background: float

    def at(self, points_mm: Array) -> Composition:
        """Composition at (..., 3) points; the tumour displaces the other tissues."""
        fractions = self.breast.fractions(points_mm)
        level = self.tumour.level(points_mm)
        share = self.tumour.fraction(level)
        share[share < _NEGLIGIBLE] = 0.0
        share[share > 1 - _NEGLIGIBLE] = 1.0
        fractions *= 1 - share
        fractions[Tissue.TUMOUR] = share
        tumorous = share > 0
        return Composition(fractions, tumorous, self.tumour.properties(points_mm[tumorous], level[tumorous]))
