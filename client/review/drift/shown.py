"""A scanner over time as the review page draws it."""

from typing import Any

import numpy as np

from client.preparation.pictures.numbers import number_of
from client.review.drift.change import LEVEL
from client.review.drift.watch import Watch

_MOST = 6


def shown(one: Watch) -> dict[str, Any]:
    """Dates, upgrades, changes in words, and the series of the numbers that changed most or that matter anyway."""
    changed = [name for change in one.changes for name in one.most_changed(change)]
    usual = ("signal_to_noise", "enhancement", "tumour_ml")
    names = list(dict.fromkeys([*changed, *(name for name in usual if name in one.quantities)]))[: max(_MOST, 3)]
    return {
        "scanner": one.scanner,
        "dates": list(one.dates),
        "undated": one.undated,
        "quantities": len(one.quantities),
        "level": LEVEL,
        "upgrades": [{"first": two.first, "before": two.before, "after": two.after} for two in one.upgrades],
        "changes": [{"first": two.first, "says": one.sentence(two)} for two in one.changes],
        "series": [_series(one, name, name in changed) for name in names],
    }


def _series(one: Watch, name: str, changed: bool) -> dict[str, Any]:
    number = number_of(name)
    values = one.values[:, one.quantities.index(name)] * (number.factor if number else 1)
    return {
        "name": number.words if number else name,
        "unit": number.unit if number else "",
        "values": [float(value) if np.isfinite(value) else None for value in values],
        "changed": changed,
    }
