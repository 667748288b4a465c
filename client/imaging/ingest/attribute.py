"""Values of header elements, read so that a malformed one is absent instead of an exception."""

import math
import re
import struct
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from shared.plain_text import visible

DAY_S = 86_400.0
_SHORT = 2
"""Bytes of one unsigned short."""
_PLAIN = frozenset(("AS", "CS", "DA", "DS", "DT", "IS", "LO", "SH", "TM", "UI"))
"""Value representations whose ASCII bytes are their text, values set apart by backslashes."""


def value_of(dataset: Dataset, tag: int) -> object:
    """Value of an element; None where it is absent, empty or malformed."""
    if tag not in dataset.keys():  # noqa: SIM118 (without keys() pydicom builds a tag object for each look)
        return None
    try:
        value = dataset[tag].value
    except Exception:  # pydicom raises whatever the malformed bytes lead to
        return None
    return None if value is None or value == "" else value


def text(dataset: Dataset, tag: int) -> str:
    """First value as stripped text; empty where there is none."""
    values = texts(dataset, tag)
    return values[0] if values else ""


def texts(dataset: Dataset, tag: int) -> tuple[str, ...]:
    """All values as stripped texts, their characters that do not show written out: they reach names and screens."""
    if tag not in dataset.keys():  # noqa: SIM118
        return ()
    raw = dataset.get_item(tag)
    if isinstance(raw, RawDataElement) and raw.VR in _PLAIN and isinstance(raw.value, bytes) and raw.value.isascii():
        # what pydicom would say, at a third of the time: headers are read by the hundred thousand
        plain = raw.value.decode("ascii").rstrip(" \0")
        if "\\" not in plain:
            return (visible(plain.strip()),) if plain else ()
        return tuple(visible(part.strip()) for part in plain.split("\\"))
    if isinstance(raw, RawDataElement) and raw.VR == "US" and isinstance(raw.value, bytes) and len(raw.value) == _SHORT:
        return (str(int.from_bytes(raw.value, "little" if raw.is_little_endian else "big")),)
    value = value_of(dataset, tag)
    if value is None:
        return ()
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return tuple(visible(str(part).strip()) for part in value)
    return (visible(str(value).strip()),)


def numbers(dataset: Dataset, tag: int, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers; None where there are not as many."""
    parsed = []
    for part in texts(dataset, tag):
        try:
            parsed.append(float(part))
        except ValueError:
            return None
    return tuple(parsed) if len(parsed) == count and all(map(math.isfinite, parsed)) else None


def number(dataset: Dataset, tag: int) -> float | None:
    """First value as a finite number; None where it is none."""
    first = texts(dataset, tag)[:1]
    try:
        value = float(first[0]) if first else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(dataset: Dataset, tag: int) -> int | None:
    """First value as an integer; None where it is none."""
    value = number(dataset, tag)
    return None if value is None else round(value)


def private_number(dataset: Dataset, tag: int | None, binary: str = "") -> float | None:
    """A number in a private element, whatever value representation its writer or an anonymizer left.

    Parameters
    ----------
    tag : None where there is no such element
    binary : how the bytes are packed where the value representation was lost (VR UN); empty for digits
    """
    if tag is None:
        return None
    value = value_of(dataset, tag)
    if not isinstance(value, bytes):
        return number(dataset, tag)
    if binary and len(value) == struct.calcsize(binary):
        (unpacked,) = struct.unpack(binary, value)
        return float(unpacked) if math.isfinite(unpacked) else None
    digits = re.match(rb"\s*(-?\d+(?:\.\d+)?)", value)
    return float(digits[1]) if digits else None


def date_of(*days: str) -> str:
    """The first of several dates (DA) that is one, as YYYYMMDD; empty where none is."""
    return next((day.replace(".", "") for day in days if _days(day)), "")


def seconds(day: str, clock: str) -> float | None:
    """Seconds from a date (DA, may be empty) and a time of day (TM, `HHMMSS.FFFFFF`, cut short anywhere)."""
    clock = clock.replace(":", "")
    try:
        since_midnight = int(clock[:2]) * 3600 + int(clock[2:4] or 0) * 60 + float(clock[4:] or 0)
    except ValueError:
        return None
    return since_midnight + _days(day) * DAY_S


def moment(stamp: str) -> float | None:
    """Seconds from a date and time in one (DT, `YYYYMMDDHHMMSS.FFFFFF&ZZXX`); the zone is left out."""
    stamp = stamp.split("+")[0].split("-")[0]
    return seconds(stamp[:8], stamp[8:]) if len(stamp) >= 10 else None


@lru_cache(maxsize=1024)
def _days(day: str) -> int:
    try:
        return datetime.strptime(day.replace(".", ""), "%Y%m%d").toordinal() - date(1900, 1, 1).toordinal()
    except ValueError:
        return 0
