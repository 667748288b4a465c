"""A line of an exactness certificate."""

from dataclasses import dataclass

import numpy as np

STATISTIC, OPTIMUM, CONDITIONS = 1e-9, 1e-6, 1.05e-8
"""Largest difference of a sum, relative to its scale; of what a search ends at; and largest breach of the conditions of
an optimum: paths end at 1e-8, and the rows are added up in another order here."""


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
