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
    for feature in features:
        kinds[_kind(feature.feature)].append(feature)
    counted = []
    for kind, members in kinds.items():
        measured = [feature.icc for feature in members if feature.icc is not None]
        counted.append(
            Row(
                kind,
                len(members),
                sum(feature.stable for feature in members),
                sum(feature.low is not None and feature.low >= threshold for feature in members),
                float(np.median(measured)) if measured else None,
            )
        )
    return tuple(counted)


def _kind(feature: str) -> str:
    image, _, rest = feature.partition(".")
    region, _, name = rest.partition(".")
    parts = name.split("_")
    return f"{image} {region} {parts[1] if len(parts) > 2 else parts[0]}".strip()
