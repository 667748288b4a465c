"""Smooth fields by uniform cubic B-splines on regular grids, axis by axis.

Reference: Lee, Wolberg, Shin, IEEE Trans Visualization and Computer Graphics 3 (1997) 228. Their approximation sums
over all samples; on a regular grid the sums separate into one small matrix for each axis.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Lattice = NDArray[np.float64]
"""Control points: spans + 3 along each axis."""


def weights(fractions: Array, spans: int) -> Array:
    """Weight of each control point at places along one axis.

    Parameters
    ----------
    fractions : (n,) of the axis, 0 to 1
    spans : B-spline spans over the axis

    Returns
    -------
    (n, spans + 3)
    """
    position = np.clip(fractions, 0, 1) * spans
    span = np.minimum(position.astype(int), spans - 1)
    t = position - span
    matrix = np.zeros((len(fractions), spans + 3))
    cubic = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    for offset, values in enumerate(cubic):
        matrix[np.arange(len(fractions)), span + offset] = values / 6
    return matrix


def evaluate(lattice: Lattice, bases: Sequence[Array]) -> Array:
    """The field at the places of a grid, whose `weights` along each axis are given."""
    return along_each_axis(lattice, bases)


class Fit:
    """Fits fields to samples at the same places with the same confidence.

    Parameters
    ----------
    confidence : weight of each sample of a grid; 0 where there is none
    bases : `weights` along each axis
    """

    def __init__(self, confidence: Array, bases: Sequence[Array]) -> None:
        # Each sample alone would want control points w z / sum w^2; these are averaged with weights w^2.
        squares = np.ones(())
        for basis in bases:
            squares = np.multiply.outer(squares, (basis**2).sum(axis=1))
        self._scale = confidence / squares
        self._cubes = [basis.T**3 for basis in bases]
        self._total = along_each_axis(confidence, [basis.T**2 for basis in bases])

    def __call__(self, values: Array) -> Lattice:
        """Control points of the field through the samples."""
        wanted = along_each_axis(self._scale * values, self._cubes)
        return np.divide(wanted, self._total, out=np.zeros_like(wanted), where=self._total > 1e-9)


def refined(lattice: Lattice) -> Lattice:
    """The same field with twice as many spans along each axis."""
    for axis in range(lattice.ndim):
        points = np.moveaxis(lattice, axis, 0)
        finer = np.empty((2 * len(points) - 3, *points.shape[1:]))
        finer[0::2] = (points[:-1] + points[1:]) / 2
        finer[1::2] = (points[:-2] + 6 * points[1:-1] + points[2:]) / 8
        lattice = np.moveaxis(finer, 0, axis)
    return lattice


def along_each_axis(values: Array, matrices: Sequence[Array]) -> Array:
    """Values multiplied by a matrix (new, old) along each axis."""
    for matrix in reversed(matrices):
        values = np.moveaxis(values @ matrix.T, -1, 0)
    return values
