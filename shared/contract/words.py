"""How the contract is told to a person: who reads a quantity, over whom it sums, how many numbers it is."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contract.disclosure import Cell, Least
from shared.contract.foreseen import Foreseen
from shared.contract.quantity import Quantity, Way

READ_BY: Mapping[Way, str] = MappingProxyType(
    {
        Way.MASKED: "as part of the sum over all sites",
        Way.JOINED: "readable by all sites and the coordinator: no other site adds to its place in the sum",
        Way.CLEAR: "readable by the coordinator",
        Way.DERIVABLE: "readable by the coordinator",
    }
)
"""What follows `it leaves`."""


def numbers(quantity: Quantity, foreseen: Foreseen) -> int | None:
    """Most numbers that a quantity is in one answer; None where nobody can know yet."""
    count = 1
    for axis in quantity.axes:
        length = foreseen.most(axis)
        if length is None:
            return None
        count *= length
    return count


def size(quantity: Quantity, foreseen: Foreseen) -> str:
    """How many numbers a quantity is in one answer at most, and of what: `1,200 (12 fits x 100 features)`."""
    if not quantity.axes:
        return "1"
    of = " x ".join(axis.name if (n := foreseen.most(axis)) is None else f"{n:,} {axis.name}" for axis in quantity.axes)
    most = numbers(quantity, foreseen)
    return of if most is None or len(quantity.axes) == 1 else f"{most:,} ({of})"


def parts(quantity: Quantity) -> str:
    """By what the patients are parted, over whom it sums."""
    cells = [str(cell) for cell in Cell if cell in quantity.cells and cell is not Cell.SITE]
    if quantity.least is Least.NONE:
        return "no patients"
    return "all together" if not cells else f"by {', '.join(cells)}"
