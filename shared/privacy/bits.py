"""How much all answers together may say of something discrete: a label, a category, a level, an integer.

A patient's yes or no holds at most one bit, and a count of patients says up to log2 of its range: 400 counts over known
groups give 398 labels away by integer programming, though every count is over many. So whole numbers that depend on a
discrete attribute, and real ones whose other factors somebody may know, are charged to it in bits; all of them together
stay below a share of what the attribute holds at the site.

What an attribute holds is the number of ways in which its values can lie among the patients, given how often each
occurs (log2 of the multinomial coefficient): a rare attribute holds little, and little may be said of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln


@dataclass(frozen=True)
class Count:
    """Whole numbers, or real ones on a grid, that depend on one attribute.

    Parameters
    ----------
    about : what they are, for a person
    numbers : how many
    values : how many different values each can take
    """

    about: str
    numbers: float
    values: float

    @property
    def bits(self) -> float:
        """What all of them say at most."""
        return self.numbers * float(np.log2(max(self.values, 1.0)))


def held(counts: Sequence[float]) -> float:
    """Bits that an attribute holds: in how many ways its values can lie among the patients.

    Parameters
    ----------
    counts : patients of each value
    """
    n = np.asarray(counts, dtype=float)
    return float((gammaln(n.sum() + 1) - gammaln(n + 1).sum()) / np.log(2))


def said(counts: Iterable[Count]) -> float:
    """Bits that all of some answers say at most."""
    return sum(count.bits for count in counts)


def values_on_grid(low: float, high: float, step: float) -> float:
    """How many values a real number takes on the grid in which it leaves.

    Parameters
    ----------
    low, high : least and largest that it can be
    step : width of the grid
    """
    return float(np.floor((high - low) / step)) + 1.0
