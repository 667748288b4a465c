"""Curvature along a path of penalties: known at some places, between them and beyond its columns inferred."""

from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array, unpack_symmetric

_LEAST_CURVATURE = 1e-3
"""A step that met less than this part of the curvature expected says nothing but rounding."""
_RIDGE = 1e-10
"""Added to the products, relative to the largest, where columns are regressed on others."""


@dataclass(frozen=True)
class Curvature:
    """What is known, or asked for, of the curvature along the path of one fit.

    Attributes
    ----------
    columns : (k,) over which, the intercept's first
    knots : (m,) places on the path, rising
    known : (m, k, k) Hessians of the mean loss; empty where they are asked for
    """

    columns: Array
    knots: Array
    known: Array

    @property
    def size(self) -> int:
        """Numbers in which it travels."""
        return len(self.knots) * len(self.columns) * (len(self.columns) + 1) // 2

    def received(self, packed: Array, patients: float) -> "Curvature":
        """The same with what an exchange brought."""
        return replace(self, known=unpack_symmetric(packed.reshape(len(self.knots), -1)) / patients)

    def at(self, place: int) -> Array:
        """(k, k) at a place of the path, linear between knots."""
        after = int(np.clip(np.searchsorted(self.knots, place), 0, len(self.knots) - 1))
        if self.knots[after] <= place or after == 0:
            return np.asarray(self.known[after])
        share = (place - self.knots[after - 1]) / (self.knots[after] - self.knots[after - 1])
        return np.asarray((1 - share) * self.known[after - 1] + share * self.known[after])


class Widening:
    """Curvature of the problems of one fit, each over the columns that it is about.

    A column of which nothing is known is regressed on those that are: the part that they explain has their curvature,
    the rest that of the products at the mean weight. So it stays positive semidefinite.

    Parameters
    ----------
    known : along the path of the fit
    products : (p, p) mean products of the columns of the design
    """

    def __init__(self, known: Curvature, products: Array) -> None:
        inside = known.columns
        self._known, self._products = known, products
        self._own = products[np.ix_(inside, inside)]
        ridge = _RIDGE * np.diag(self._own).max() * np.eye(len(inside))
        self._shares = np.linalg.solve(self._own + ridge, products[inside])
        self._unknown = np.diag(products) > 0
        self._unknown[inside] = False

    def at(self, place: int, coefficients: Array, slope: Array, l1: float) -> tuple[Array, Array]:
        """Curvature of one problem.

        Parameters
        ----------
        place : of the problem on the path
        coefficients, slope : (p,) coefficients, and gradient of the mean loss there
        l1 : penalty, beyond which a column's gradient pulls it in

        Returns
        -------
        (c, c) Hessian of the mean loss, and (c,) its columns
        """
        inside, base = self._known.columns, self._known.at(place)
        new = np.flatnonzero(((coefficients != 0) | (np.abs(slope) > l1)) & self._unknown)
        if not new.size:
            return base, inside
        shares = self._shares[:, new]
        rest = self._products[np.ix_(new, new)] - shares.T @ self._own @ shares
        across = base @ shares
        corner = shares.T @ across + base[0, 0] * (rest + rest.T) / 2
        return np.block([[base, across], [across.T, corner]]), np.concatenate([inside, new])


def corrected(hessian: Array, moved: Array, turned: Array) -> Array:
    """Curvature that gives the changes of the gradient that were seen; steps that say nothing are left aside.

    Parameters
    ----------
    hessian : (c, c)
    moved, turned : (steps, c) steps, oldest first, and the changes of the gradient along them

    Reference: Nocedal and Wright, Numerical Optimization (2006), equation 6.19.
    """
    for s, y in zip(moved, turned, strict=True):
        along, seen = hessian @ s, float(s @ y)
        expected = float(s @ along)
        if expected > 0 and seen > _LEAST_CURVATURE * expected:
            hessian = hessian - along[:, None] * along / expected + y[:, None] * y / seen
    return hessian
