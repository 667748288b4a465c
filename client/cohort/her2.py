"""HER2 status from immunohistochemistry and in-situ hybridisation.

Reference: Wolff et al., J Clin Oncol 36 (2018) 2105 (ASCO/CAP 2018: IHC scores, dual-probe groups 1-5,
single-probe limits); Tarantino et al., Ann Oncol 34 (2023) 645 (ESMO: HER2-low).
"""

from collections.abc import Mapping
from enum import StrEnum
from math import inf

from client.cohort.her2_spellings import (
    LARGEST_RATIO,
    MOST_COPIES,
    Ish,
    Range,
    Raw,
    ihc_score,
    ish_group,
    ish_result,
    measurement,
)


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

# Group: ratio HER2/CEP17 and HER2 copies per cell, each from (inclusive) to (exclusive).
_GROUPS = {
    1: ((2, inf), (4, inf)),
    2: ((2, inf), (0, 4)),
    3: ((0, 2), (6, inf)),
    4: ((0, 2), (4, 6)),
    5: ((0, 2), (0, 4)),
}


def her2_status(ihc: Raw, ish: Raw = None, ratio: Raw = None, copies: Raw = None, group: Raw = None) -> Her2Status:
    """HER2 status of one specimen.

    Where what is recorded leaves several possibilities (a ratio without copies leaves two or three dual-probe
    groups), the status is settled only if all of them lead to the same one.

    Parameters
    ----------
    ihc : 0, 1+, 2+, 3+, null or ultralow, in the usual spellings
    ish : positive, negative, equivocal, in the usual spellings, or `group 3`; a bare number says nothing for certain
    ratio : HER2/CEP17 ratio of a dual-probe test; `<2` and `>2` are understood
    copies : mean HER2 copies per cell; without a ratio, those of a single-probe test
    group : dual-probe group, 1 to 5, from a column of groups

    Returns
    -------
    The status, or why there is none. ISH decides 2+, and contradicts 0, 1+ and 3+ where it excludes them.
    """
    try:
        score = ihc_score(ihc)
        stated, named = ish_result(ish)
        listed = ish_group(group)
        ratios, copy_numbers = measurement(ratio, LARGEST_RATIO), measurement(copies, MOST_COPIES)
    except KeyError:
        return Her2Status.UNREADABLE
    if score is None:
        return Her2Status.MISSING
    groups = {known for known in (named, listed) if known is not None}
    if ratios is None and not groups:
        possible = {_settle(score, _single_probe(copy_numbers))}
    else:
        left = _groups(ratios, copy_numbers).intersection(*({known} for known in groups))
        possible = {_settle_group(score, possible_group) for possible_group in left} or {Her2Status.CONTRADICTORY}
    if stated in (Ish.POSITIVE, Ish.NEGATIVE):
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


def _settle(score: str, ish: Ish) -> Her2Status:
    """Status from an IHC score and an ISH result that stands by itself."""
    if score == "2+":
        return {
            Ish.POSITIVE: Her2Status.POSITIVE,
            Ish.NEGATIVE: Her2Status.LOW,
            Ish.OPEN: Her2Status.INDETERMINATE,
        }[ish]
    if ish is (Ish.NEGATIVE if score == "3+" else Ish.POSITIVE):
        return Her2Status.CONTRADICTORY
    return Her2Status.POSITIVE if score == "3+" else _UNDER_2[score]


def _settle_group(score: str, group: int) -> Her2Status:
    """Status from an IHC score and a dual-probe group; groups 2 to 4 never contradict the IHC."""
    if group in (1, 5):
        return _settle(score, Ish.POSITIVE if group == 1 else Ish.NEGATIVE)
    positive = score == "3+" or (score == "2+" and group == 3)
    return _settle(score, Ish.POSITIVE if positive else Ish.NEGATIVE)


def _groups(ratios: Range | None, copy_numbers: Range | None) -> set[int]:
    """Dual-probe groups that the measurements leave."""
    return {
        group
        for group, (by_ratio, by_copies) in _GROUPS.items()
        if (ratios is None or ratios.meets(*by_ratio)) and (copy_numbers is None or copy_numbers.meets(*by_copies))
    }


def _single_probe(copy_numbers: Range | None) -> Ish:
    """Result of a single-probe test; open between the limits, and where there was none."""
    if copy_numbers is None or (copy_numbers.meets(4, inf) and copy_numbers.meets(0, 6)):
        return Ish.OPEN
    return Ish.POSITIVE if copy_numbers.meets(6, inf) else Ish.NEGATIVE
