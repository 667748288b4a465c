"""A quadratic function with an L1 penalty, minimized exactly, in finitely many steps.

Reference: feature-sign search, Lee, Battle, Raina and Ng, NeurIPS 19 (2007) 801.
"""

import numpy as np

from shared.arrays import Array

_RIDGE = 1e-13
"""Curvature, relative to the largest, that is added so that collinear features have one solution."""
_ROUNDING = 1e-12
"""Breach of an optimality condition, relative to the largest slope, that counts as none."""


def minimize(linear: Array, hessian: Array, threshold: Array, start: Array) -> Array:
    """Minimize linear.w + w' hessian w / 2 + threshold.|w|.

    Parameters
    ----------
    linear : (k,)
    hessian : (k, k) positive semidefinite; a quadratic penalty belongs into its diagonal
    threshold : (k,) 0 where a coefficient is free of the penalty
    start : (k,) where the search begins; the nearer, the fewer steps

    Returns
    -------
    (k,)
    """
    curvatures = np.diagonal(hessian)
    hessian = hessian.copy()
    np.fill_diagonal(hessian, curvatures + _RIDGE * curvatures.max(initial=0.0))
    slack = _ROUNDING * (np.abs(linear).max() + threshold.max())
    free = threshold == 0
    w = _settle(linear, hessian, threshold, start, np.sign(start), (start != 0) | free)
    # each turn lowers the objective, and there are finitely many sets of signs
    while True:
        inside = (w != 0) | free
        gradient = linear + hessian[:, inside] @ w[inside]
        excess = np.where(inside, -np.inf, np.abs(gradient) - threshold)
        worst = int(np.argmax(excess))
        if excess[worst] <= slack:
            return w
        inside[worst], sign = True, np.sign(w)
        sign[worst] = -np.sign(gradient[worst])
        settled = _settle(linear, hessian, threshold, w, sign, inside)
        if _objective(linear, hessian, threshold, settled) >= _objective(linear, hessian, threshold, w):
            return w  # what is left to gain is rounding
        w = settled


def _settle(linear: Array, hessian: Array, threshold: Array, w: Array, sign: Array, inside: Array) -> Array:
    """Minimum over the coefficients that are inside, of which those that reach zero go out."""
    while True:
        rows = np.flatnonzero(inside)
        if not rows.size:
            return np.zeros_like(w)
        curved, slope, bound = hessian[np.ix_(rows, rows)], linear[rows], threshold[rows]
        current = w[rows]
        minimum = np.linalg.solve(curved, -(slope + bound * sign[rows]))
        turned = (bound > 0) & (np.sign(minimum) != sign[rows])
        moved = np.zeros_like(w)
        if not turned.any():
            moved[rows] = minimum
            return moved
        # between zero crossings the objective is a parabola: look at each of them, and at the far end
        step = minimum - current
        crossing = np.where(turned & (current != 0), -current / np.where(step == 0, 1.0, step), 1.0)
        lengths = np.append(np.unique(crossing), 1.0)
        stops = current + lengths[:, None] * step
        stops[(crossing == lengths[:, None]) & turned] = 0.0
        values = stops @ slope + ((stops @ curved) * stops).sum(axis=1) / 2 + np.abs(stops) @ bound
        if values.min() >= _objective(slope, curved, bound, current):
            return w  # what is left to gain is rounding
        moved[rows] = stops[int(np.argmin(values))]
        w, sign = moved, np.sign(moved)
        inside = (moved != 0) | (inside & (threshold == 0))


def _objective(linear: Array, hessian: Array, threshold: Array, w: Array) -> float:
    return float(linear @ w + w @ hessian @ w / 2 + threshold @ np.abs(w))
