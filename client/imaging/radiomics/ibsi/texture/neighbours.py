"""Which voxels of a discretized region are neighbours, and over what a texture matrix is taken.

Reference: IBSI reference manual, arXiv:1612.07003, "Aggregating features".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from client.imaging.radiomics.ibsi.discretization import Levels
from shared.sections.ibsi import Aggregation

# Half of the neighbours; the other half are the same pairs seen from the other voxel.
_DIRECTIONS = tuple(step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0))
_IN_SLICE = tuple(step for step in _DIRECTIONS if step[0] == 0)


@dataclass(frozen=True)
class Voxels:
    """Voxels of a region, or of a slice of it, in one line where neighbours lie a fixed step apart.

    Parameters
    ----------
    line : level of every voxel of the box with a margin around it; 0 outside the region
    index : (n,) places of the region's voxels in the line
    steps : from a voxel to half of its neighbours
    count : bins of the discretization
    """

    line: NDArray[np.int_]
    index: NDArray[np.intp]
    steps: tuple[int, ...]
    count: int

    @property
    def levels(self) -> NDArray[np.int_]:
        """(n,) level of each voxel."""
        return self.line[self.index]


def voxel_groups(levels: Levels, aggregation: Aggregation) -> Iterator[Voxels]:
    """The voxels that share matrices: all of a region, or those of each slice that holds any."""
    padded = np.pad(levels.matrix, 1)
    line = padded.ravel()
    _, rows, columns = padded.shape
    steps = _IN_SLICE if aggregation.within_slices else _DIRECTIONS
    strides = tuple((z * rows + y) * columns + x for z, y, x in steps)
    index = np.flatnonzero(line)
    if not aggregation.each_slice:
        yield Voxels(line, index, strides, levels.count)
        return
    slices = index // (rows * columns)
    for number in np.unique(slices):
        yield Voxels(line, index[slices == number], strides, levels.count)


def mean_of(features: list[dict[str, NDArray[np.float64]]]) -> dict[str, float]:
    """Mean of each feature over matrices, which come in groups; NaN where there are no matrices.

    A matrix for which a feature has no value (a slice of one grey level has no correlation) is left out of its mean.
    """
    means = {}
    for name in features[0] if features else ():
        values = np.concatenate([group[name] for group in features])
        values = values[np.isfinite(values)]
        means[name] = float(values.mean()) if values.size else np.nan
    return means
