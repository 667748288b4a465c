"""HER2 status from immunohistochemistry and in-situ hybridisation.

Reference: Wolff et al., J Clin Oncol 36 (2018) 2105 (ASCO/CAP 2018: IHC scores, dual-probe groups 1-5,
single-probe limits); Tarantino et al., Ann Oncol 34 (2023) 645 (ESMO: HER2-low).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TypeVar

Known = TypeVar("Known")
Raw = str | int | float | None
"""A cell of a clinical table as it was read."""


class Her2Status(StrEnum):
    """HER2 status, or why a patient has none."""

    NULL = "null"
    """IHC 0 without any staining, where the laboratory records it."""
    ULTRALOW = "ultralow"
    """IHC 0 with faint staining of up to 10 % of the cells, where the laboratory records it."""
    ZERO = "zero"
    """IHC 0, not split further."""
    LOW = "low"
    POSITIVE = "positive"
    INDETERMINATE = "indeterminate"
    """Nothing contradicts, but what is recorded does not settle the status (2+ without ISH, say)."""
    CONTRADICTORY = "contradictory"
    """IHC and ISH, or two statements about ISH, exclude each other: the site has to settle it."""
    MISSING = "missing"
    """No IHC score."""
    UNREADABLE = "unreadable"
    """A value that is none of those known: the site has to correct it."""

    @property
    def settled(self) -> bool:
        """Whether the patient can enter a study of HER2."""
        return self in _SETTLED


_SETTLED = {Her2Status.NULL, Her2Status.ULTRALOW, Her2Status.ZERO, Her2Status.LOW, Her2Status.POSITIVE}

_UNDER_2 = {
    "0": Her2Status.ZERO,
    "null": Her2Status.NULL,
    "ultralow": Her2Status.ULTRALOW,
    "1+": Her2Status.LOW,
}
"""Status by IHC score where ISH does not object."""

_IHC = {
    **dict.fromkeys(("0", "0+", "zero", "0.0"), "0"),
    **dict.fromkeys(("null", "0 null", "0 (null)", "no staining"), "null"),
    **dict.fromkeys(("ultralow", "ultra-low", "0 ultralow", "0 (ultralow)"), "ultralow"),
    **dict.fromkeys(("1", "1+", "+1", "1.0"), "1+"),
    **dict.fromkeys(("2", "2+", "+2", "2.0"), "2+"),
    **dict.fromkeys(("3", "3+", "+3", "3.0"), "3+"),
}
_ABSENT = {
    *("", "-", "na", "n/a", "nan", "none", "<na>", "unknown", "missing", "pending"),
    *("not available", "not evaluated", "not applicable", "not done", "not performed"),
}


class _Ish(StrEnum):
    """What an ISH test says by itself."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    OPEN = "open"


_ISH = {
    **dict.fromkeys(("positive", "pos", "+", "amplified", "ish+", "fish+"), _Ish.POSITIVE),
    **dict.fromkeys(("negative", "neg", "not amplified", "non-amplified", "ish-", "fish-"), _Ish.NEGATIVE),
    **dict.fromkeys(("equivocal", "indeterminate"), _Ish.OPEN),
}


@dataclass(frozen=True)
class _Range:
    """What a reported number can be: `2.1` is itself, `<4` all under 4, `>6` all over 6."""

    low: float
    high: float
    open_high: bool = False

    def meets(self, low: float, high: float) -> bool:
        """Whether some value of the range lies in [low, high)."""
        starts_before = self.low < high
        ends_after = self.high > low or (self.high == low and not self.open_high)
        return starts_before and ends_after


# Group: ratio HER2/CEP17 and HER2 copies per cell, each from (inclusive) to (exclusive).
_GROUPS = {
    1: ((2, inf), (4, inf)),
    2: ((2, inf), (0, 4)),
    3: ((0, 2), (6, inf)),
    4: ((0, 2), (4, 6)),
    5: ((0, 2), (0, 4)),
}


def her2_status(ihc: Raw, ish: Raw = None, ratio: Raw = None, copies: Raw = None) -> Her2Status:
    """HER2 status of one specimen.

    Where what is recorded leaves several possibilities (a ratio without copies leaves two or three dual-probe
    groups), the status is settled only if all of them lead to the same one.

    Parameters
    ----------
    ihc : 0, 1+, 2+, 3+, null or ultralow, in the usual spellings
    ish : positive, negative, equivocal, or the dual-probe group 1 to 5 (`group 3` or `3`)
    ratio : HER2/CEP17 ratio of a dual-probe test; `<2` and `>2` are understood
    copies : mean HER2 copies per cell; without a ratio, those of a single-probe test

    Returns
    -------
    The status, or why there is none. ISH decides 2+, and contradicts 0, 1+ and 3+ where it excludes them.
    """
    try:
        score = _lookup(ihc, _IHC)
        stated, group = _stated_ish(ish)
        ratios, copy_numbers = _range(ratio), _range(copies)
    except KeyError:
        return Her2Status.UNREADABLE
    if score is None:
        return Her2Status.MISSING
    if ratios is None and group is None:
        possible = {_settle(score, _single_probe(copy_numbers))}
    else:
        groups = _groups(ratios, copy_numbers) & ({group} if group else _GROUPS.keys())
        possible = {_settle_group(score, one) for one in groups} or {Her2Status.CONTRADICTORY}
    if stated in (_Ish.POSITIVE, _Ish.NEGATIVE):
        possible = _agree(possible, _settle(score, stated))
    return possible.pop() if len(possible) == 1 else Her2Status.INDETERMINATE


def by_status(statuses: Mapping[str, Her2Status]) -> dict[Her2Status, tuple[str, ...]]:
    """Patients under each status that occurs, in the order of `Her2Status`, patients sorted.

    Parameters
    ----------
    statuses : status by patient

    Returns
    -------
    Named patients, for the site's own eyes: their numbers may travel, their names may not.
    """
    return {
        status: tuple(sorted(patient for patient, own in statuses.items() if own is status))
        for status in Her2Status
        if status in statuses.values()
    }


def _agree(possible: set[Her2Status], stated: Her2Status) -> set[Her2Status]:
    """What a stated ISH result leaves of the possibilities that the measurement left."""
    if stated in possible or Her2Status.INDETERMINATE in possible:
        return {stated}
    return {Her2Status.CONTRADICTORY}


def _settle(score: str, ish: _Ish) -> Her2Status:
    """Status from an IHC score and an ISH result that stands by itself."""
    if score == "2+":
        return {
            _Ish.POSITIVE: Her2Status.POSITIVE,
            _Ish.NEGATIVE: Her2Status.LOW,
            _Ish.OPEN: Her2Status.INDETERMINATE,
        }[ish]
    if ish is (_Ish.NEGATIVE if score == "3+" else _Ish.POSITIVE):
        return Her2Status.CONTRADICTORY
    return Her2Status.POSITIVE if score == "3+" else _UNDER_2[score]


def _settle_group(score: str, group: int) -> Her2Status:
    """Status from an IHC score and a dual-probe group; groups 2 to 4 never contradict the IHC."""
    if group in (1, 5):
        return _settle(score, _Ish.POSITIVE if group == 1 else _Ish.NEGATIVE)
    positive = score == "3+" or (score == "2+" and group == 3)
    return _settle(score, _Ish.POSITIVE if positive else _Ish.NEGATIVE)


def _groups(ratios: _Range | None, copy_numbers: _Range | None) -> set[int]:
    """Dual-probe groups that the measurements leave."""
    return {
        group
        for group, (by_ratio, by_copies) in _GROUPS.items()
        if (ratios is None or ratios.meets(*by_ratio)) and (copy_numbers is None or copy_numbers.meets(*by_copies))
    }


def _single_probe(copy_numbers: _Range | None) -> _Ish:
    """Result of a single-probe test; open between the limits, and where there was none."""
    if copy_numbers is None or (copy_numbers.meets(4, inf) and copy_numbers.meets(0, 6)):
        return _Ish.OPEN
    return _Ish.POSITIVE if copy_numbers.meets(6, inf) else _Ish.NEGATIVE


def _stated_ish(ish: Raw) -> tuple[_Ish | None, int | None]:
    """A stated ISH result, or a stated dual-probe group."""
    text = _text(ish)
    if match := re.fullmatch(r"(?:group ?)?([1-5])(?:\.0)?", text):
        return None, int(match[1])
    return _lookup(ish, _ISH), None


def _range(value: Raw) -> _Range | None:
    text = _text(value)
    if text in _ABSENT:
        return None
    match = re.fullmatch(r"([<>]?)\s*(=?)\s*(\d+(?:[.,]\d+)?)", text.replace("≥", ">=").replace("≤", "<="))
    if match is None:
        raise KeyError(text)
    sign, or_equal, number = match[1], bool(match[2]), float(match[3].replace(",", "."))
    if sign == "<":
        return _Range(-inf, number, open_high=not or_equal)
    return _Range(number, inf if sign == ">" else number)


def _lookup(value: Raw, known: Mapping[str, Known]) -> Known | None:
    """The known meaning of a cell; None where it says that there is none; KeyError where it is neither."""
    text = _text(value)
    return None if text in _ABSENT and text not in known else known[text]


def _text(value: Raw) -> str:
    return "" if value is None else str(value).strip().strip("[]").strip().lower()
