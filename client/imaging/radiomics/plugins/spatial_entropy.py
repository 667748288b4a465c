"""Leibovici's spatial entropy: how unpredictable the grey levels of two voxels near each other are.

It is the Shannon entropy of the co-occurrence of levels over all pairs of voxels of the region within a physical
distance, divided by that of pairs of equally likely levels: 0 for one level, 1 for white noise. Unlike the entropy
of the histogram it falls when equal levels lie together.

Reference: Leibovici, COSIT 2009, LNCS 5756, 174.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from client.imaging.radiomics.box import Box
from client.imaging.radiomics.grey_levels import grey_levels
from client.imaging.radiomics.plugin import Cut, FeaturePlugin

_NAME = "LeiboviciEntropy"


def features(cut: Cut, settings: Mapping[str, Any]) -> dict[str, float]:
    """The entropy of the region."""
    levels = int(settings["levels"])
    matrix = grey_levels(cut.voxels, cut.inside, 1, levels).matrix
    together = np.zeros((levels + 1, levels + 1))
    for offset in neighbours(cut.spacing_mm, settings["distance_mm"]):
        first, second = (_shifted(matrix.shape, step) for step in (offset, tuple(-step for step in offset)))
        pairs = matrix[first] * (levels + 1) + matrix[second]
        together += np.bincount(pairs.ravel(), minlength=together.size).reshape(together.shape)
    both = (together + together.T)[1:, 1:]
    if not both.any():
        return {_NAME: float("nan")}
    share = both[both > 0] / both.sum()
    return {_NAME: float(-(share * np.log2(share)).sum() / np.log2(levels**2))}


def _shifted(shape: tuple[int, ...], offset: tuple[int, ...]) -> Box:
    """The part of an array whose voxels have a neighbour at the opposite of an offset."""
    return tuple(slice(max(step, 0), length + min(step, 0)) for step, length in zip(offset, shape, strict=True))


def neighbours(spacing_mm: tuple[float, ...], distance_mm: float) -> Iterator[tuple[int, ...]]:
    """Offsets to voxels within a distance, one of each opposite pair."""
    reach = [int(distance_mm / mm) for mm in spacing_mm]
    for offset in np.ndindex(*(2 * far + 1 for far in reach)):
        step = tuple(int(index) - far for index, far in zip(offset, reach, strict=True))
        away_mm = np.linalg.norm(np.multiply(step, spacing_mm))
        if step > (0,) * len(step) and away_mm <= distance_mm * (1 + 1e-9):
            yield step


PLUGIN = FeaturePlugin({"levels": 8, "distance_mm": 3.0}, lambda _: (_NAME,), lambda *_: 0.0, features)
