"""The order in which an epoch takes the patients."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray


def epoch(
    positive: NDArray[np.bool_], sampling: Literal["natural", "balanced"], random: np.random.Generator
) -> NDArray[np.int64]:
    """(patients,) rows in the order of one epoch.

    Balanced: half of each class; patients of the smaller class are repeated, all equally often or once more. A site
    with one class takes its patients as they are.

    Parameters
    ----------
    positive : (patients,)
    sampling : each patient once, or each class as often
    random : shuffles
    """
    count = len(positive)
    classes = [np.flatnonzero(positive == value) for value in (False, True)]
    if sampling == "natural" or not all(len(rows) for rows in classes):
        return random.permutation(count)
    class_sizes = [count // 2, count - count // 2]
    if random.integers(2):
        class_sizes.reverse()
    drawn = [
        np.concatenate([random.permutation(rows) for _ in range(-(-size // len(rows)))])[:size]
        for rows, size in zip(classes, class_sizes, strict=True)
    ]
    order: NDArray[np.int64] = random.permutation(np.concatenate(drawn))
    return order


def batches(order: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Cut an epoch into steps of equal size to one patient, none larger than `size`."""
    yield from np.array_split(order, max(1, -(-len(order) // size)))
