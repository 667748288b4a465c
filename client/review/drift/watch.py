"""The scanners of a site over time: who was examined when, under which software, and what has changed.

A change says that images or patients differ from then on; which of the two, a person has to find out. Numbers of the
images (noise, field of view) speak for the scanner, features of the tumour alone may be another mix of patients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from client.preparation.pictures.numbers import NUMBERS
from client.preparation.record import Record
from client.review.drift.change import Change, changes
from shared.arrays import Array

_NEAR = 3
"""Patients between an upgrade and a change that is put down to it."""


@dataclass(frozen=True)
class Upgrade:
    """The software of a scanner changed.

    Parameters
    ----------
    first : index of the first patient under the new software
    before, after : versions
    """

    first: int
    before: str
    after: str


@dataclass(frozen=True)
class Watch:
    """One scanner over time.

    Parameters
    ----------
    scanner : make, model and field strength
    dates : (patients) of the examinations, YYYYMMDD, ascending
    undated : patients without a date, who are not in it
    quantities : names: quality numbers first, then features
    values : (patients, quantities)
    upgrades : of the software
    changes : of the quantities, more than chance
    """

    scanner: str
    dates: tuple[str, ...]
    undated: int
    quantities: tuple[str, ...]
    values: Array
    upgrades: tuple[Upgrade, ...]
    changes: tuple[Change, ...]

    def day(self, number: int) -> str:
        """Date of a patient's examination, YYYY-MM-DD."""
        date = self.dates[number]
        return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else date

    def upgrade_at(self, change: Change) -> Upgrade | None:
        """The upgrade that a change may be put down to; None where there was none at that time."""
        near = [upgrade for upgrade in self.upgrades if abs(upgrade.first - change.first) <= _NEAR]
        return min(near, key=lambda upgrade: abs(upgrade.first - change.first), default=None)

    def most_changed(self, change: Change, most: int = 6) -> tuple[str, ...]:
        """Names of quantities that changed most, the largest first."""
        size = np.maximum(np.abs(change.mean), np.abs(change.spread))
        order = np.argsort(-size, kind="stable")[:most]
        return tuple(self.quantities[number] for number in order if size[number] > change.limit)

    def sentence(self, change: Change) -> str:
        """What a change means, in words."""
        count = int(change.changed.sum())
        upgrade = self.upgrade_at(change)
        why = (
            f"when the software went from {upgrade.before or 'unknown'} to {upgrade.after or 'unknown'}; "
            "a study with harmonization.batch: software harmonizes before and after apart"
            if upgrade
            else "and no upgrade was recorded then; ask what was changed at the scanner, or whether other patients "
            "came; scanner_changes in site.yaml declares it"
        )
        return (
            f"{self.scanner}: {count} of {len(self.quantities)} numbers changed around {self.day(change.first)}"
            f" (probability by chance {change.probability:.3f}), {why}"
        )


def watch(records: Sequence[Record]) -> tuple[Watch, ...]:
    """Watch every scanner of a site.

    Parameters
    ----------
    records : of the site's patients; those without features are passed over
    """
    records = [record for record in records if record.failure is None]
    features = tuple(dict.fromkeys(name for record in records for name in record.features))
    numbers = tuple(name for name in NUMBERS if any(name in record.findings for record in records))
    watches = []
    for scanner in sorted({record.scanner for record in records}):
        own = [record for record in records if record.scanner == scanner]
        dated = sorted(
            (record for record in own if record.examined), key=lambda record: (record.examined, record.patient)
        )
        values = np.array(
            [
                [record.findings.get(name, np.nan) for name in numbers]
                + [record.features.get(name, np.nan) for name in features]
                for record in dated
            ],
            dtype=np.float64,
        ).reshape(len(dated), len(numbers) + len(features))
        upgrades = [
            Upgrade(number, before.software, after.software)
            for number, (before, after) in enumerate(pairwise(dated), start=1)
            if before.software != after.software
        ]
        watches.append(
            Watch(
                scanner=scanner,
                dates=tuple(record.examined for record in dated),
                undated=len(own) - len(dated),
                quantities=numbers + features,
                values=values,
                upgrades=tuple(upgrades),
                changes=changes(values),
            )
        )
    return tuple(watches)
