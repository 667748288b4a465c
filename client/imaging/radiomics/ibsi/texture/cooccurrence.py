"""Grey-level co-occurrence: how often levels are neighbours.

Reference: IBSI reference manual, arXiv:1612.07003, "Grey level co-occurrence based features" (LFYI); distance 1,
symmetric.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from client.imaging.radiomics.ibsi.discretization import Levels
from client.imaging.radiomics.ibsi.texture.neighbours import Voxels, mean_of, voxel_groups
from shared.sections.ibsi import Aggregation

Array = NDArray[np.float64]

COOCCURRENCE = (
    "MaximumProbability",
    "JointAverage",
    "SumSquares",
    "JointEntropy",
    "DifferenceAverage",
    "DifferenceVariance",
    "DifferenceEntropy",
    "SumAverage",
    "SumEntropy",
    "JointEnergy",
    "Contrast",
    "Id",
    "Idn",
    "Idm",
    "Idmn",
    "InverseVariance",
    "Correlation",
    "Autocorrelation",
    "ClusterTendency",
    "ClusterShade",
    "ClusterProminence",
    "Imc1",
    "Imc2",
)
"""IBSI's sum variance is the cluster tendency, and its dissimilarity the difference average."""


def cooccurrence(levels: Levels, aggregation: Aggregation) -> dict[str, float]:
    """Features of the co-occurrence of levels.

    Parameters
    ----------
    levels : of a region
    aggregation : which matrices there are

    Returns
    -------
    each of `COOCCURRENCE`; NaN where no two voxels are neighbours
    """
    features = []
    for voxels in voxel_groups(levels, aggregation):
        present, matrices = _matrices(voxels, aggregation.merged)
        matrices = matrices[matrices.sum(axis=(1, 2)) > 0]
        if len(matrices):
            features.append(matrix_features(matrices, present, voxels.count))
    return mean_of(features) or dict.fromkeys(COOCCURRENCE, np.nan)


def _matrices(voxels: Voxels, merged: bool) -> tuple[NDArray[np.int_], Array]:
    """Levels that occur, and the (matrices, levels, levels) number of pairs."""
    present, places = np.unique(voxels.levels, return_inverse=True)
    place = np.zeros(int(present[-1]) + 1, np.int_)
    place[present] = np.arange(len(present))
    size = len(present)
    counts = np.zeros((1 if merged else len(voxels.steps), size, size))
    for number, step in enumerate(voxels.steps):
        there = voxels.line[voxels.index + step]
        pair = there > 0
        codes = places[pair] * size + place[there[pair]]
        counts[0 if merged else number] += np.bincount(codes, minlength=size * size).reshape(size, size)
    return present, counts + counts.transpose(0, 2, 1)


def matrix_features(matrices: Array, present: NDArray[np.int_], count: int) -> dict[str, Array]:
    """Features of symmetric matrices.

    Parameters
    ----------
    matrices : (n, levels, levels) numbers of pairs, none empty
    present : (levels,) level of each row
    count : bins of the discretization

    Returns
    -------
    feature -> (n,)
    """
    p = matrices / matrices.sum(axis=(1, 2), keepdims=True)
    flat = p.reshape(len(p), -1)
    level = present.astype(np.float64)
    row, column = np.repeat(level, len(level)), np.tile(level, len(level))
    to_difference, to_sum = _diagonals(tuple(present.tolist()))
    difference, total = flat @ to_difference, flat @ to_sum
    k, s = np.arange(difference.shape[1], dtype=np.float64), np.arange(total.shape[1], dtype=np.float64)
    marginal = p.sum(axis=2)
    mean = marginal @ level
    variance = (marginal * (level - mean[:, None]) ** 2).sum(axis=1)
    difference_mean, sum_mean = difference @ k, total @ s
    apart = np.abs(row - column)
    unequal = apart > 0
    deviation = s[None, :] - 2 * mean[:, None]
    entropy_one, entropy_joint = _entropy(marginal), _entropy(flat)
    independent = (marginal[:, :, None] * marginal[:, None, :]).reshape(len(p), -1)
    # Of symmetric matrices, both entropies of IBSI against independence: HXY1 and HXY2.
    known = -(flat * _log2(independent)).sum(axis=1)
    free = -(independent * _log2(independent)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (flat @ (row * column) - mean**2) / variance
        information = (entropy_joint - known) / entropy_one
    return {
        "MaximumProbability": flat.max(axis=1),
        "JointAverage": mean,
        "SumSquares": variance,
        "JointEntropy": entropy_joint,
        "DifferenceAverage": difference_mean,
        "DifferenceVariance": (difference * (k[None, :] - difference_mean[:, None]) ** 2).sum(axis=1),
        "DifferenceEntropy": _entropy(difference),
        "SumAverage": sum_mean,
        "SumEntropy": _entropy(total),
        "JointEnergy": (flat**2).sum(axis=1),
        "Contrast": difference @ k**2,
        "Id": difference @ (1 / (1 + k)),
        "Idn": difference @ (1 / (1 + k / count)),
        "Idm": difference @ (1 / (1 + k**2)),
        "Idmn": difference @ (1 / (1 + (k / count) ** 2)),
        "InverseVariance": flat[:, unequal] @ (1 / apart[unequal] ** 2),
        # One level alone is taken as perfectly correlated, and as telling nothing.
        "Correlation": np.where(variance > 0, correlation, 1.0),
        "Autocorrelation": flat @ (row * column),
        "ClusterTendency": (total * deviation**2).sum(axis=1),
        "ClusterShade": (total * deviation**3).sum(axis=1),
        "ClusterProminence": (total * deviation**4).sum(axis=1),
        "Imc1": np.where(entropy_one > 0, information, 0.0),
        "Imc2": np.sqrt(np.clip(1 - np.exp(-2 * (free - entropy_joint)), 0, None)),
    }


@lru_cache(maxsize=4)
def _diagonals(present: tuple[int, ...]) -> tuple[sparse.csr_array, sparse.csr_array]:
    """What sums a flat matrix over pairs of the same difference, and over pairs of the same sum."""
    level = np.array(present)
    pairs = np.arange(len(level) ** 2)
    apart = np.abs(level[:, None] - level[None, :]).ravel()
    together = (level[:, None] + level[None, :]).ravel()
    ones = np.ones(len(pairs))
    return (
        sparse.csr_array((ones, (pairs, apart)), shape=(len(pairs), int(apart.max()) + 1)),
        sparse.csr_array((ones, (pairs, together)), shape=(len(pairs), int(together.max()) + 1)),
    )


def _log2(share: Array) -> Array:
    return np.asarray(np.log2(np.where(share > 0, share, 1)))


def _entropy(share: Array) -> Array:
    return np.asarray(-(share * _log2(share)).sum(axis=1))
