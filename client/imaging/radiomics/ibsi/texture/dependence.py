"""Neighbouring grey-level dependence: how many neighbours have a voxel's own level.

Reference: IBSI reference manual, arXiv:1612.07003, "Neighbouring grey level dependence based features" (REK0);
distance 1, coarseness 0. PyRadiomics calls them GLDM, small for low dependence and large for high.
"""

import numpy as np

from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.neighbours import Voxels, mean_of, voxel_groups
from client.imaging.radiomics.ibsi.texture.size_matrix import SizeMatrices, named, size_features
from shared.sections.ibsi import Aggregation

DEPENDENCE = {
    "small": "SmallDependenceEmphasis",
    "large": "LargeDependenceEmphasis",
    "low_level": "LowGrayLevelEmphasis",
    "high_level": "HighGrayLevelEmphasis",
    "small_low_level": "SmallDependenceLowGrayLevelEmphasis",
    "small_high_level": "SmallDependenceHighGrayLevelEmphasis",
    "large_low_level": "LargeDependenceLowGrayLevelEmphasis",
    "large_high_level": "LargeDependenceHighGrayLevelEmphasis",
    "level_non_uniformity": "GrayLevelNonUniformity",
    "level_non_uniformity_normalized": "GrayLevelNonUniformityNormalized",
    "size_non_uniformity": "DependenceNonUniformity",
    "size_non_uniformity_normalized": "DependenceNonUniformityNormalized",
    "level_variance": "GrayLevelVariance",
    "size_variance": "DependenceVariance",
    "entropy": "DependenceEntropy",
    "energy": "DependenceEnergy",
}
"""IBSI's dependence count percentage is 1 by its definition, and is left out."""


def dependence(levels: Levels, aggregation: Aggregation) -> dict[str, float]:
    """Features of dependences, each of `DEPENDENCE`."""
    return named(
        mean_of([size_features(_matrices(voxels)) for voxels in voxel_groups(levels, aggregation)]), DEPENDENCE
    )


def _matrices(voxels: Voxels) -> SizeMatrices:
    levels = voxels.levels
    alike = np.ones(len(levels), np.int_)
    for step in voxels.steps:
        alike += voxels.line[voxels.index + step] == levels
        alike += voxels.line[voxels.index - step] == levels
    return SizeMatrices.count(np.zeros_like(levels), levels, alike, np.array([float(len(levels))]))
