"""Which batch each patient of a site belongs to, and what happens to scanners with few patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from harmonization.array import Labels, Mask

OTHER = "other"
"""The batch of all scanners of a site that are too small alone."""


class Below(StrEnum):
    """What happens to a batch under the minimum."""

    MERGE = "merge"
    """Small batches of a site become one; if still small, they join the site's largest."""
    LEAVE_OUT = "leave_out"
    """Their patients leave the study, counted."""


@dataclass(frozen=True)
class BatchRule:
    """How a study makes batches of scanners."""

    minimum: int = 10
    """Fewest patients of a batch"""
    below: Below = Below.MERGE
    groups: Mapping[str, str] = field(default_factory=dict)
    """Scanners that the study counts as one batch, by the name of that batch"""


@dataclass(frozen=True)
class Assignment:
    """Batches of one site."""

    batch: Labels
    """(n,) labels; those of patients who are left out mean nothing"""
    kept: Mask
    """(n,) False for patients whose batch is too small and may not be merged"""
    merged: tuple[str, ...]
    """Batches that were too small alone and were merged"""
    left_out: tuple[str, ...]
    """Batches that were left out"""


def assign(scanner: Labels, rule: BatchRule) -> Assignment:
    """Make batches of a site's scanners; from all its patients, so that every fold has the same.

    Parameters
    ----------
    scanner : (n,) scanner of each patient
    rule : the study's
    """
    given = np.asarray(scanner).astype(str)
    batch = np.array([rule.groups.get(machine, machine) for machine in given], dtype=object)
    names, counts = np.unique(batch, return_counts=True)
    small = tuple(str(name) for name, count in zip(names, counts, strict=True) if count < rule.minimum)
    in_small = np.isin(batch, small)
    kept = np.ones(len(batch), dtype=bool)
    if not small:
        return Assignment(batch.astype(str), kept, (), ())
    large = [name for name in names if name not in small]
    if rule.below is Below.LEAVE_OUT or (not large and in_small.sum() < rule.minimum):
        return Assignment(batch.astype(str), ~in_small, (), small)
    largest = str(max(large, key=lambda name: (batch == name).sum(), default=OTHER))
    batch[in_small] = OTHER if in_small.sum() >= rule.minimum else largest
    return Assignment(batch.astype(str), kept, small, ())
