"""Neighbourhood grey-tone difference: how far a level lies from the mean of those around it.

Reference: IBSI reference manual, arXiv:1612.07003, "Neighbourhood grey tone difference based features" (IPET).
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.neighbours import Voxels, mean_of, voxel_groups
from shared.sections.ibsi import Aggregation

TONE_DIFFERENCE = ("Coarseness", "Contrast", "Busyness", "Complexity", "Strength")
_MOST_COARSE = 1e6
"""Coarseness where no level differs from its neighbours, as IBSI sets it."""


def tone_difference(levels: Levels, aggregation: Aggregation) -> dict[str, float]:
    """Features of grey-tone differences, each of `TONE_DIFFERENCE`; NaN where no two voxels are neighbours."""
    features = [_features(voxels) for voxels in voxel_groups(levels, aggregation)]
    return mean_of([group for group in features if group]) or dict.fromkeys(TONE_DIFFERENCE, np.nan)


def _features(voxels: Voxels) -> dict[str, NDArray[np.float64]]:
    """Features of one matrix; empty where no voxel has a neighbour."""
    own = voxels.levels
    total, number = np.zeros(len(own)), np.zeros(len(own))
    for step in (*voxels.steps, *(-step for step in voxels.steps)):
        there = voxels.line[voxels.index + step]
        total += there
        number += there > 0
    met = number > 0
    if not met.any():
        return {}
    own = own[met]
    level, place = np.unique(own, return_inverse=True)
    difference = np.bincount(place, np.abs(own - total[met] / number[met]))
    share = np.bincount(place) / len(own)
    i = level.astype(np.float64)
    apart = np.abs(i[:, None] - i[None, :])
    weighted, weighted_level = share * difference, share * i
    levels = len(level)
    coarse = float(weighted.sum())
    spread = float(np.abs(weighted_level[:, None] - weighted_level[None, :]).sum())
    both = share[:, None] + share[None, :]
    contrast = 0.0
    if levels > 1:
        contrast = float((share[:, None] * share[None, :] * apart**2).sum()) / (levels * (levels - 1))
        contrast *= float(difference.sum()) / len(own)
    complexity = float((apart * (weighted[:, None] + weighted[None, :]) / both).sum()) / len(own)
    strength = float((both * apart**2).sum())
    values = {
        "Coarseness": 1 / coarse if coarse else _MOST_COARSE,
        "Contrast": contrast,
        "Busyness": coarse / spread if spread else 0.0,
        "Complexity": complexity,
        "Strength": strength / float(difference.sum()) if difference.sum() else 0.0,
    }
    return {name: np.array([value]) for name, value in values.items()}
