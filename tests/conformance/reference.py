"""Published reference values, and how a computed value stands to one."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """How a computed value stands to its reference."""

    MATCHED = "matched"
    BY_DEFINITION = "differs by definition"
    NOT_OFFERED = "not offered"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Comparison:
    """One reference value and ours."""

    tag: str
    reference: float
    tolerance: float
    feature: str
    """Empty where there is no such feature."""
    value: float | None
    """None where it is not offered, or not so aggregated."""
    status: Status


@dataclass(frozen=True)
class Reference:
    """A value that several implementations agreed on."""

    tag: str
    value: float
    tolerance: float


def references(table: Path) -> Iterator[Reference]:
    """Rows of a table of IBSI-1 that have a value."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            if row["reference value"]:
                yield Reference(row["tag"], float(row["reference value"]), float(row["tolerance"]))


def matched(value: float, reference: float, tolerance: float) -> bool:
    """Within the tolerance, or within half a unit of the third digit, to which references are written."""
    third_digit = 0.5 * 10.0 ** (int(f"{reference:e}".split("e")[1]) - 2)
    return abs(value - reference) <= max(tolerance, third_digit) * (1 + 1e-9)
