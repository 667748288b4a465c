"""Laws' texture energies in three dimensions, invariant to the order of the axes.

Products of one-dimensional kernels (level, edge, spot) filter the image; the energy of a filter is the mean
absolute response. Filters that differ by a permutation of the axes only are averaged.

Reference: Laws, PhD thesis, University of Southern California, 1980; the averaging as in IBSI-2, arXiv:2006.05470.
"""

from collections.abc import Mapping
from itertools import combinations_with_replacement, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from client.imaging.radiomics.plugin import Cut, FeaturePlugin

KERNELS = {
    "L5": np.array([1, 4, 6, 4, 1]) / np.sqrt(70),
    "E5": np.array([-1, -2, 0, 2, 1]) / np.sqrt(10),
    "S5": np.array([-1, 0, 2, 0, -1]) / np.sqrt(6),
}
_COMBINATIONS = tuple(combinations_with_replacement(KERNELS, 3))


def names(_: Mapping[str, Any]) -> tuple[str, ...]:
    """Mean and spread of the energy of each combination."""
    return tuple(f"{''.join(kernels)}{statistic}" for kernels in _COMBINATIONS for statistic in ("Mean", "Deviation"))


def reach_mm(_: Mapping[str, Any], spacing_mm: tuple[float, ...]) -> float:
    """Half a kernel of five voxels."""
    return 2 * max(spacing_mm)


def features(cut: Cut, settings: Mapping[str, Any]) -> dict[str, float]:
    """Mean and standard deviation of the energies inside the region."""
    statistics: list[float] = []
    for kernels in _COMBINATIONS:
        orders = sorted(set(permutations(kernels)))
        energy = np.mean([np.abs(_filtered(cut.voxels, order)) for order in orders], axis=0)[cut.inside]
        statistics += [float(energy.mean()), float(energy.std())]
    return dict(zip(names(settings), statistics, strict=True))


def _filtered(voxels: NDArray[np.float64], order: tuple[str, ...]) -> NDArray[np.float64]:
    for axis, kernel in enumerate(order):
        voxels = ndimage.convolve1d(voxels, KERNELS[kernel], axis=axis, mode="nearest")
    return voxels


PLUGIN = FeaturePlugin({}, names, reach_mm, features)
