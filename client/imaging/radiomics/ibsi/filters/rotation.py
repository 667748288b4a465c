"""Invariance to right-angled rotations: the responses to all rotated filters, pooled.

Reference: IBSI-2 reference manual, arXiv:2006.05470, "Rotation invariance".
"""

from collections.abc import Iterable, Sequence
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from shared.sections.ibsi import Pooling

Array = NDArray[np.float64]


def rotations(axes: int) -> list[tuple[tuple[int, ...], tuple[bool, ...]]]:
    """Right-angled rotations: which axis comes where, and whether it is then reversed; 4 in a slice, 24 in a volume."""
    orders = []
    for order in permutations(range(axes)):
        for reversals in product((False, True), repeat=axes):
            # A rotation and no reflection: the determinant is one.
            if (_swaps(order) + sum(reversals)) % 2 == 0:
                orders.append((order, reversals))
    return orders


def _swaps(order: Sequence[int]) -> int:
    return sum(first > second for place, first in enumerate(order) for second in order[place + 1 :])


def rotated(kernels: Sequence[Array]) -> list[tuple[Array, ...]]:
    """A separable filter in every right-angled position that differs from the others.

    Parameters
    ----------
    kernels : one for each axis

    Notes
    -----
    Rotations form a group: every position that differs comes equally often, and leaving out repetitions changes
    neither mean nor maximum.
    """
    positions = {}
    for order, reversals in rotations(len(kernels)):
        position = tuple(
            kernels[axis][::-1] if reverse else kernels[axis] for axis, reverse in zip(order, reversals, strict=True)
        )
        positions[tuple(tuple(kernel.tolist()) for kernel in position)] = position
    return list(positions.values())


def pool(responses: Iterable[Array], pooling: Pooling) -> Array:
    """Mean or maximum of responses, of which there is at least one."""
    remaining = iter(responses)
    pooled = np.array(next(remaining))
    count = 1
    for response in remaining:
        count += 1
        if pooling is Pooling.MAXIMUM:
            np.maximum(pooled, response, out=pooled)
        else:
            pooled += response
    return pooled / count if pooling is Pooling.MEAN else pooled
