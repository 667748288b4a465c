"""A scanner over time as the review page draws it."""

from typing import Any

import numpy as np

from client.preparation.pictures.numbers import number_of
from client.review.drift.change import LEVEL
from client.review.drift.watch import Watch

_MOST = 6


def shown(watch: Watch) -> dict[str, Any]:
    """Dates, upgrades, changes in words, and the series of the numbers that changed most or that matter anyway."""
    changed = [name for change in watch.changes for name in watch.most_changed(change)]
    usual = ("signal_to_noise", "enhancement", "tumour_ml")
    names = list(dict.fromkeys([*changed, *(name for name in usual if name in watch.quantities)]))[: max(_MOST, 3)]
    return {
        "scanner": watch.scanner,
        "dates": list(watch.dates),
        "undated": watch.undated,
        "quantities": len(watch.quantities),
        "level": LEVEL,
        "upgrades": [
            {"first": upgrade.first, "before": upgrade.before, "after": upgrade.after} for upgrade in watch.upgrades
        ],
        "changes": [{"first": change.first, "says": watch.sentence(change)} for change in watch.changes],
        "series": [_series(watch, name, name in changed) for name in names],
    }


def _series(watch: Watch, name: str, changed: bool) -> dict[str, Any]:
    number = number_of(name)
    values = watch.values[:, watch.quantities.index(name)] * (number.factor if number else 1)
    return {
        "name": number.words if number else name,
        "unit": number.unit if number else "",
        "values": [float(value) if np.isfinite(value) else None for value in values],
        "changed": changed,
    }
