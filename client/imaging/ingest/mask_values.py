"""What the numbers of a mask mean: labels, one label by whatever value, or the share of a voxel that belongs to it."""

import numpy as np
from numpy.typing import NDArray

from client.imaging.volume import Mask

_WHOLE = 1e-3
"""How far from a whole number a label may lie, as resampling and scale factors leave it."""
_MOST_LABELS = 32
_LARGEST = 1e9
_HALF = 0.5
"""Share of a label's value, or of a voxel, from which it belongs to the mask."""
_FULL = 1.001


def labels(values: NDArray[np.generic]) -> tuple[int, ...]:
    """Numbers of the labels of a label image, ascending; a probability map and a mask of any one value have label 1.

    Parameters
    ----------
    values : of all voxels

    Raises
    ------
    ValueError saying what the numbers look like, where they are neither labels nor shares
    """
    positive = _positive(values)
    if not positive.size:
        return ()
    if _are_labels(positive):
        whole = np.unique(np.rint(positive)).astype(int)
        if whole.size > _MOST_LABELS:
            raise ValueError(
                f"holds {whole.size} numbers from {whole[0]} to {whole[-1]}: an image or a probability map, no labels"
            )
        return tuple(whole.tolist())
    if _one_value(positive) or _HALF <= positive[-1] <= _FULL:
        return (1,)
    raise ValueError(
        f"holds numbers from {positive[0]:.4g} to {positive[-1]:.4g} that are neither labels nor shares of one"
    )


def inside(values: NDArray[np.generic], label: int) -> Mask:
    """Voxels that belong to a label.

    Parameters
    ----------
    values : of all voxels
    label : one of `labels(values)`

    Raises
    ------
    ValueError as `labels`
    """
    if not labels(values):
        return np.zeros(values.shape, dtype=bool)
    positive, numbers = _positive(values), np.nan_to_num(np.asarray(values, dtype=np.float64))
    if _are_labels(positive):
        return np.asarray(np.rint(numbers) == label)
    if _one_value(positive):
        return np.asarray(numbers > positive[-1] * _HALF)
    return np.asarray(numbers >= _HALF)


def _positive(values: NDArray[np.generic]) -> NDArray[np.float64]:
    distinct = np.unique(values)
    if not np.isfinite(distinct[~np.isnan(distinct.astype(np.float64))].astype(np.float64)).all():
        raise ValueError("holds infinite numbers")
    return np.asarray(distinct[distinct > 0], dtype=np.float64)


def _are_labels(positive: NDArray[np.float64]) -> bool:
    whole = np.rint(positive)
    return bool(whole[0] >= 1 and whole[-1] <= _LARGEST and np.abs(positive - whole).max() <= _WHOLE)


def _one_value(positive: NDArray[np.float64]) -> bool:
    return bool(positive[-1] - positive[0] <= _WHOLE * positive[-1])
