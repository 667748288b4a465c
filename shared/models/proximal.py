"""Newton steps on a convex loss with an elastic-net penalty, from sums, all fits in the same exchanges.

Minimizes, for each fit, loss(w) + |l1 w|_1 + l2.w^2 / 2. Sites send loss, gradient and Hessian at the current
coefficients; everybody adds them up and takes the same step. A step that did not lower the objective is halved at the
cost of one more exchange, so the series always descends.

Reference: Lee, Sun and Saunders, SIAM J Optim 24 (2014) 1420.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array, unpack_symmetric
from shared.models.family import Family
from shared.models.lasso_quadratic import minimize

SLACK = 1e-12
"""Relative rise of the objective that still counts as none: the rounding of a sum."""
_SHORTEST = 2.0**-40


@dataclass(frozen=True)
class Search:
    """Where the search stands, for all fits at once.

    Attributes
    ----------
    family : the model
    classes : of the endpoint
    l1, l2 : (fits, p) penalties on each coefficient
    accepted : (fits, p) best coefficients so far
    direction : (fits, p) the step that is being tried from there
    length : (fits,) the part of it that is being tried
    objective : (fits,) at `accepted`; infinite before the first sums
    usable : (fits,) whether the training patients settle a model; other fits stay where they began
    """

    family: Family
    classes: int
    l1: Array
    l2: Array
    accepted: Array
    direction: Array
    length: Array
    objective: Array
    usable: Array

    @classmethod
    def start(cls, family: Family, class_totals: Array, l1: Array, l2: Array, p: int) -> "Search":
        """Begin at the models without features.

        Parameters
        ----------
        family : the model
        class_totals : (fits, classes) training patients
        l1, l2 : (fits,) strength of the penalties, for losses that are sums over patients
        p : columns of a design
        """
        classes = class_totals.shape[1]
        held = family.penalized(p, classes).astype(float)
        begin = np.stack([family.start(totals, p) for totals in class_totals])
        usable = np.array([family.settled(totals) for totals in class_totals])
        return cls(
            family,
            classes,
            l1[:, None] * held,
            l2[:, None] * held,
            begin,
            np.zeros_like(begin),
            np.ones(len(begin)),
            np.full(len(begin), np.inf),
            usable,
        )

    @property
    def trial(self) -> Array:
        """(fits, p) coefficients at which the next sums are wanted."""
        return np.asarray(self.accepted + self.length[:, None] * self.direction)

    @property
    def change(self) -> Array:
        """(fits,) largest change that is being tried, relative to the largest coefficient; 0 where not usable."""
        largest = np.maximum(np.abs(self.accepted).max(axis=1), 1.0)
        return np.where(self.usable, np.abs(self.length[:, None] * self.direction).max(axis=1) / largest, 0.0)

    def converged(self, tolerance: float) -> bool:
        """Whether sums have been seen and no fit would change by more than `tolerance`."""
        return bool(np.isfinite(self.objective[self.usable]).all() and (self.change <= tolerance).all())


def advance(search: Search, totals: Mapping[str, Array]) -> Search:
    """Take the next step from the sums of all sites.

    Parameters
    ----------
    search : where it stands
    totals : loss (fits,), gradient (fits, p), hessian (fits, packed), at `search.trial`, without the penalty

    Returns
    -------
    where it stands now; equal at every site and at the coordinator
    """
    trial = search.trial
    objective = totals["loss"] + (search.l1 * np.abs(trial)).sum(axis=1) + (search.l2 * trial**2).sum(axis=1) / 2
    descends = objective <= search.objective + SLACK * (1 + np.abs(objective))
    hessians = unpack_symmetric(totals["hessian"])
    direction, length = search.direction.copy(), search.length / 2
    for fit in np.flatnonzero(descends & search.usable):
        curved = hessians[fit] + np.diag(search.l2[fit])
        slope = totals["gradient"][fit] + search.l2[fit] * trial[fit]
        minimum = minimize(slope - curved @ trial[fit], curved, search.l1[fit], trial[fit])
        direction[fit], length[fit] = minimum - trial[fit], 1.0
        while length[fit] > _SHORTEST and not search.family.allowed(
            trial[fit] + length[fit] * direction[fit], search.classes
        ):
            length[fit] /= 2
    return replace(
        search,
        accepted=np.where(descends[:, None], trial, search.accepted),
        direction=np.where(search.usable[:, None], direction, 0.0),
        length=length,
        objective=np.where(descends, objective, search.objective),
    )
