"""How stable the features are, in numbers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.results.harmonized import FeatureStability


@dataclass(frozen=True)
class Row:
    """One kind of feature: image, region and class.

    Parameters
    ----------
    kind : in words
    features, stable, surely : how many there are, may enter the model, have an interval wholly over the threshold
    median : ICC of those that were measured; None without any
    """

    kind: str
    features: int
    stable: int
    surely: int
    median: float | None


def rows(features: Sequence[FeatureStability], threshold: float) -> tuple[Row, ...]:
    """A row a kind, in the order of the features."""
    kinds: dict[str, list[FeatureStability]] = defaultdict(list)
    for one in features:
        kinds[_kind(one.feature)].append(one)
    found = []
    for kind, members in kinds.items():
        measured = [one.icc for one in members if one.icc is not None]
        found.append(
            Row(
                kind,
                len(members),
                sum(one.stable for one in members),
                sum(one.low is not None and one.low >= threshold for one in members),
                float(np.median(measured)) if measured else None,
            )
        )
    return tuple(found)


def _kind(feature: str) -> str:
    image, _, rest = feature.partition(".")
    region, _, name = rest.partition(".")
    parts = name.split("_")
    return f"{image} {region} {parts[1] if len(parts) > 2 else parts[0]}".strip()
