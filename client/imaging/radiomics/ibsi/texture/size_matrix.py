"""Matrices of grey level by size, and the features that they share.

Runs have a length, zones a number of voxels or a distance to the border, dependences a number of neighbours. IBSI
defines the same features of each of them, under other names.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIZE_FEATURES = (
    "small",
    "large",
    "low_level",
    "high_level",
    "small_low_level",
    "small_high_level",
    "large_low_level",
    "large_high_level",
    "level_non_uniformity",
    "level_non_uniformity_normalized",
    "size_non_uniformity",
    "size_non_uniformity_normalized",
    "percentage",
    "level_variance",
    "size_variance",
    "entropy",
    "energy",
)


@dataclass(frozen=True)
class SizeMatrices:
    """Entries of several matrices that are not zero.

    Parameters
    ----------
    matrix : (entries,) which matrix, from 0
    level, size : (entries,) row and column, from 1
    number : (entries,) how many runs, zones or voxels
    voxels : (matrices,) voxels that each matrix was made of; a voxel counts once for each direction
    """

    matrix: NDArray[np.int_]
    level: NDArray[np.int_]
    size: NDArray[np.int_]
    number: Array
    voxels: Array

    @classmethod
    def count(
        cls, matrix: NDArray[np.int_], level: NDArray[np.int_], size: NDArray[np.int_], voxels: Array
    ) -> "SizeMatrices":
        """Matrices of single runs, zones or voxels, each (n,)."""
        levels, sizes = int(level.max()) + 1, int(size.max()) + 1
        codes, number = np.unique((matrix * levels + level) * sizes + size, return_counts=True)
        rows, size = np.divmod(codes, sizes)
        matrix, level = np.divmod(rows, levels)
        return cls(matrix, level, size, number.astype(np.float64), voxels)


def size_features(matrices: SizeMatrices) -> dict[str, Array]:
    """Features of each matrix.

    Returns
    -------
    each of `SIZE_FEATURES` -> (matrices,)
    """
    count = len(matrices.voxels)
    level, size = matrices.level.astype(np.float64), matrices.size.astype(np.float64)
    total = np.bincount(matrices.matrix, matrices.number, count)
    share = matrices.number / total[matrices.matrix]

    def mean(weight: Array) -> Array:
        return np.bincount(matrices.matrix, share * weight, count).astype(np.float64)

    def squares(axis: NDArray[np.int_]) -> Array:
        """Sum over rows, or columns, of the square of their sums."""
        width = int(axis.max()) + 1
        sums = np.bincount(matrices.matrix * width + axis, matrices.number, count * width)
        return np.asarray((sums.reshape(count, width) ** 2).sum(axis=1))

    by_level, by_size = squares(matrices.level), squares(matrices.size)
    level_mean, size_mean = mean(level), mean(size)
    return {
        "small": mean(1 / size**2),
        "large": mean(size**2),
        "low_level": mean(1 / level**2),
        "high_level": mean(level**2),
        "small_low_level": mean(1 / (level * size) ** 2),
        "small_high_level": mean((level / size) ** 2),
        "large_low_level": mean((size / level) ** 2),
        "large_high_level": mean((level * size) ** 2),
        "level_non_uniformity": by_level / total,
        "level_non_uniformity_normalized": by_level / total**2,
        "size_non_uniformity": by_size / total,
        "size_non_uniformity_normalized": by_size / total**2,
        "percentage": total / matrices.voxels,
        "level_variance": mean((level - level_mean[matrices.matrix]) ** 2),
        "size_variance": mean((size - size_mean[matrices.matrix]) ** 2),
        "entropy": mean(-np.log2(share)),
        "energy": mean(share),
    }


def named(features: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    """The features under the names of a kind of matrix; those without a name are left out."""
    return {name: features[feature] for feature, name in names.items()}
