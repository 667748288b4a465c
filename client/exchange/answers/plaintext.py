"""What an answer says, before the contract is checked and the masks are put on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.arrays import Array, Arrays


@dataclass(frozen=True)
class PlaintextAnswer:
    """An answer in plain numbers.

    Parameters
    ----------
    arrays : quantities of the contract, by name
    texts : words of the contract, by name
    """

    arrays: Arrays = field(default_factory=dict)
    texts: Mapping[str, object] = field(default_factory=dict)


SUPPRESSED = -1
"""Stands for a count that is not zero and under the minimum."""


def suppressed(counts: Array, least: int) -> Array:
    """Counts in which those from one up to the minimum are hidden.

    Parameters
    ----------
    counts : any shape, whole numbers
    least : smallest count that may be shown
    """
    hidden: Array = counts.copy()
    hidden[(counts > 0) & (counts < least)] = SUPPRESSED
    return hidden
