"""Local features of every pixel of a slice at once: first-order and co-occurrence in a window around it.

The definitions are those of PyRadiomics' voxel-based extraction in two dimensions; instead of a matrix for each
pixel, means over the pairs of neighbours in its window are taken, for all pixels together.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from client.imaging.radiomics.box import Mask
from client.imaging.radiomics.grey_levels import grey_levels

Array = NDArray[np.float64]

NAMES = (
    "Mean",
    "Variance",
    "Entropy",
    "Uniformity",
    "Range",
    "Contrast",
    "Idm",
    "JointEntropy",
    "JointEnergy",
    "Autocorrelation",
)
# Half of the eight neighbours; the other half are the same pairs.
_DIRECTIONS = ((0, 1), (1, -1), (1, 0), (1, 1))


def pixel_features(image: NDArray[np.floating], inside: Mask, radius: int, levels: int) -> Array:
    """Local features inside a region.

    Parameters
    ----------
    image : (y, x)
    inside : (y, x) region; windows see its pixels only
    radius : of the window, in pixels
    levels : grey levels between the region's minimum and maximum

    Returns
    -------
    (pixels, features) in the order of `NAMES`, the pixels in C order
    """
    matrix = grey_levels(image, inside, 1, levels).matrix
    values = _windows(np.where(inside, image, np.nan).astype(np.float64), np.nan, radius)[inside]
    grey = _windows(matrix, 0, radius)[inside]
    histogram = _shares(grey.reshape(len(grey), -1), levels)
    flat = values.reshape(len(values), -1)
    first_order = [
        np.nanmean(flat, axis=1),
        np.nanvar(flat, axis=1),
        _entropy(histogram),
        (histogram**2).sum(axis=1),
        np.nanmax(flat, axis=1) - np.nanmin(flat, axis=1),
    ]
    return np.column_stack([*first_order, *_co_occurrence(grey, levels)])


def _windows(padded: NDArray[Any], outside: float, radius: int) -> NDArray[Any]:
    """(y, x, window, window) what lies around each pixel."""
    size = 2 * radius + 1
    return sliding_window_view(np.pad(padded, radius, constant_values=outside), (size, size))


def _shares(levels_of: NDArray[Any], levels: int) -> Array:
    """(pixels, levels) share of each level among the entries of a row that are not 0."""
    codes = np.arange(len(levels_of))[:, None] * (levels + 1) + levels_of
    counts = np.bincount(codes.ravel(), minlength=len(levels_of) * (levels + 1))
    counts = counts.reshape(len(levels_of), levels + 1)[:, 1:]
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _entropy(share: Array) -> Array:
    return np.asarray(-(share * np.log2(np.where(share > 0, share, 1))).sum(axis=1))


def _co_occurrence(grey: NDArray[Any], levels: int) -> list[Array]:
    """Features of the co-occurrence, each the mean over the directions in which a window has pairs."""
    sums = np.zeros((5, len(grey)))
    directions = np.zeros(len(grey))
    height, width = grey.shape[1:]
    for down, right in _DIRECTIONS:
        level = grey[:, : height - down, max(-right, 0) : width - max(right, 0)].reshape(len(grey), -1)
        neighbour = grey[:, down:, max(right, 0) : width - max(-right, 0)].reshape(len(grey), -1)
        valid = (level > 0) & (neighbour > 0)
        pairs = valid.sum(axis=1)
        difference = np.where(valid, level - neighbour, 0)
        number = np.maximum(pairs, 1)
        forth = np.where(valid, (level - 1) * levels + neighbour, 0)
        back = np.where(valid, (neighbour - 1) * levels + level, 0)
        joint = _shares(np.concatenate([forth, back], axis=1), levels**2)
        statistics = [
            (difference**2).sum(axis=1) / number,
            (valid / (1.0 + difference**2)).sum(axis=1) / number,
            _entropy(joint),
            (joint**2).sum(axis=1),
            np.where(valid, level * neighbour, 0).sum(axis=1) / number,
        ]
        sums += np.where(pairs > 0, statistics, 0)
        directions += pairs > 0
    return list(sums / np.maximum(directions, 1))
