"""Newton steps on a convex loss with an L2 penalty, from sums, all fits in the same exchanges.

Minimises, for each fit, loss(w) + |w|^2 / (2 c). Sites send loss, gradient and Hessian at the current
coefficients; everybody adds them up and takes the same step. A step that did not lower the objective is halved at
the cost of one more exchange, so the series always descends.
"""

from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array, unpack_symmetric

SLACK = 1e-12
"""Relative rise of the objective that still counts as none: the rounding of a sum."""


@dataclass(frozen=True)
class Newton:
    """Where the search stands, for all fits at once.

    Parameters
    ----------
    accepted : (fits, p) the best coefficients so far
    direction : (fits, p) the step that is being tried from there
    length : (fits,) the part of the step that is being tried
    objective : (fits,) value at `accepted`; infinite before the first sums
    usable : (fits,) whether both classes are in the training patients; other fits stay at zero
    """

    accepted: Array
    direction: Array
    length: Array
    objective: Array
    usable: Array

    @classmethod
    def start(cls, usable: Array, p: int) -> "Newton":
        """Begin at zero."""
        zeros = np.zeros((len(usable), p))
        return cls(zeros, zeros, np.ones(len(usable)), np.full(len(usable), np.inf), usable)

    @property
    def coefficients(self) -> Array:
        """(fits, p) the coefficients at which the next sums are wanted."""
        tried: Array = self.accepted + self.length[:, None] * self.direction
        return tried

    @property
    def change(self) -> Array:
        """(fits,) largest change that is being tried, relative to the largest coefficient; 0 where not usable."""
        largest = np.maximum(np.abs(self.accepted).max(axis=1), 1.0)
        return np.where(self.usable, np.abs(self.length[:, None] * self.direction).max(axis=1) / largest, 0.0)

    def converged(self, tolerance: float) -> bool:
        """Whether sums have been seen and no fit would change by more than `tolerance`."""
        return bool(np.isfinite(self.objective[self.usable]).all() and (self.change <= tolerance).all())


def advance(newton: Newton, totals: dict[str, Array], c: float, *, free_intercept: bool = True) -> Newton:
    """Take the next step from the sums of all sites.

    Parameters
    ----------
    newton : where the search stands
    totals : loss (fits,), gradient (fits, p), hessian (fits, packed), at `newton.coefficients`, without the penalty
    c : inverse strength of the penalty
    free_intercept : whether the first coefficient goes without penalty

    Returns
    -------
    where it stands now; equal at every site and at the coordinator
    """
    here = newton.coefficients
    penalised = np.ones(here.shape[1])
    penalised[0] = 0.0 if free_intercept else 1.0
    objective = totals["loss"] + (penalised * here**2).sum(axis=1) / (2 * c)
    descends = objective <= newton.objective * (1 + SLACK) + SLACK
    gradient = totals["gradient"] + penalised * here / c
    hessian = unpack_symmetric(totals["hessian"]) + np.diag(penalised / c)
    hessian[~newton.usable] = np.eye(here.shape[1])
    direction = -np.linalg.solve(hessian, gradient[..., None])[..., 0]
    direction[~newton.usable] = 0.0
    return replace(
        newton,
        accepted=np.where(descends[:, None], here, newton.accepted),
        direction=np.where(descends[:, None], direction, newton.direction),
        length=np.where(descends, 1.0, newton.length / 2),
        objective=np.where(descends, objective, newton.objective),
    )
