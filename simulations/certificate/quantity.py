"""A line of an exactness certificate: a reported number compared with its reference."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shared.results.measure import Measure

STATISTIC, OPTIMUM, CONDITIONS = 1e-9, 1e-6, 1.05e-8
"""Largest difference of a sum, relative to its scale; of what a search ends at; and largest breach of the conditions of
an optimum: paths end at 1e-8, and the rows are added up in another order here."""
SLOPE = 1e-5
"""Largest difference of a calibration slope, whose search ends earlier."""
Held = tuple[Measure, float]
"""What a result says, which may be hidden, and what it should be."""


@dataclass(frozen=True)
class Quantity:
    """One line of a certificate.

    Parameters
    ----------
    name : of the quantity
    compared : how many numbers
    difference : largest of them
    unit : of the difference
    tolerance : largest that counts as equal
    """

    name: str
    compared: int
    difference: float
    unit: str
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the two are equal as far as the tolerance says."""
        return bool(self.difference <= self.tolerance)


def worse(*differences: float) -> float:
    """Largest difference; NaN, which holds nowhere, where one is NaN."""
    return float(np.max(differences))


def held(name: str, pairs: Iterable[Held], unit: str, tolerance: float, scale: float = 1.0) -> Quantity:
    """Largest difference of reported numbers from their references, over a scale; infinite without a reference."""
    apart = [abs(value - expected) / scale for value, expected in pairs if value is not None]
    worst = float(np.max(apart, initial=0.0))
    return Quantity(name, len(apart), worst if np.isfinite(worst) else np.inf, unit, tolerance)
