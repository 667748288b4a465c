"""Grey-level run lengths: how far a level goes on in a direction.

Reference: IBSI reference manual, arXiv:1612.07003, "Grey level run length based features" (TP0I).
"""

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.neighbours import Voxels, mean_of, voxel_groups
from client.imaging.radiomics.ibsi.texture.size_matrix import SizeMatrices, named, size_features
from shared.sections.ibsi import Aggregation

RUN_LENGTH = {
    "small": "ShortRunEmphasis",
    "large": "LongRunEmphasis",
    "low_level": "LowGrayLevelRunEmphasis",
    "high_level": "HighGrayLevelRunEmphasis",
    "small_low_level": "ShortRunLowGrayLevelEmphasis",
    "small_high_level": "ShortRunHighGrayLevelEmphasis",
    "large_low_level": "LongRunLowGrayLevelEmphasis",
    "large_high_level": "LongRunHighGrayLevelEmphasis",
    "level_non_uniformity": "GrayLevelNonUniformity",
    "level_non_uniformity_normalized": "GrayLevelNonUniformityNormalized",
    "size_non_uniformity": "RunLengthNonUniformity",
    "size_non_uniformity_normalized": "RunLengthNonUniformityNormalized",
    "percentage": "RunPercentage",
    "level_variance": "GrayLevelVariance",
    "size_variance": "RunVariance",
    "entropy": "RunEntropy",
}


def run_length(levels: Levels, aggregation: Aggregation) -> dict[str, float]:
    """Features of runs, each of `RUN_LENGTH`."""
    return named(
        mean_of([size_features(_matrices(voxels, aggregation.merged)) for voxels in voxel_groups(levels, aggregation)]),
        RUN_LENGTH,
    )


def _matrices(voxels: Voxels, merged: bool) -> SizeMatrices:
    runs = [_runs(voxels, step) for step in voxels.steps]
    direction = np.concatenate([np.full(len(lengths), number) for number, (_, lengths) in enumerate(runs)])
    levels, lengths = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    count = len(voxels.index)
    if merged:
        return SizeMatrices.count(
            np.zeros_like(direction), levels, lengths, np.array([float(count * len(voxels.steps))])
        )
    return SizeMatrices.count(direction, levels, lengths, np.full(len(voxels.steps), float(count)))


def _runs(voxels: Voxels, step: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """(runs,) level and length of each run in a direction."""
    line, index = voxels.line, voxels.index
    starts = index[line[index - step] != line[index]]
    levels = line[starts]
    lengths = np.ones(len(starts), np.int_)
    going_on = np.arange(len(starts))
    while going_on.size:
        ahead = line[starts[going_on] + step * lengths[going_on]]
        going_on = going_on[ahead == levels[going_on]]
        lengths[going_on] += 1
    return levels, lengths
