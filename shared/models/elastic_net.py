"""Logistic regression with an L1 or elastic-net penalty, whole paths of penalties, by proximal Newton steps on sums.

Objective of one problem (a fit at a penalty), free intercept:

    (1 / n) sum_i log(1 + exp(-s_i eta_i)) + lambda (rho |w|_1 + (1 - rho) |w|^2 / 2)

which is scikit-learn's with C = 1 / (n lambda) and l1_ratio = rho. The first exchange carries the full Hessian
of every fit without features; its quadratic model, solved along the path, says which features each problem is
about. From then on every problem sends its gradient and the Hessian of those *active* features only, and leaves the
exchange when it fulfils the optimality conditions.

References: Friedman, Hastie and Tibshirani, J Stat Softw 33 (2010) 1; Lee, Sun and Saunders, SIAM J Optim 24
(2014) 1420.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.models.lasso_quadratic import minimise
from shared.models.newton import SLACK

_NEAR = 0.8
"""A feature outside whose gradient reaches this part of its penalty may come in: it may soon have to."""
_NEWCOMERS = 40
"""Features that may come in at one step, or as many as are in use where that is more: bytes against exchanges."""


def null_coefficients(class_totals: Array, p: int) -> Array:
    """Best model without features: the log-odds of the classes as intercept.

    Parameters
    ----------
    class_totals : (fits, 2) training patients
    p : coefficients, the intercept first

    Returns
    -------
    (fits, p); zero where a class is missing
    """
    coefficients = np.zeros((len(class_totals), p))
    usable = (class_totals > 0).all(axis=1)
    coefficients[usable, 0] = np.log(class_totals[usable, 1] / class_totals[usable, 0])
    return coefficients


def penalty_path(gradient: Array, patients: Array, l1_ratio: float, count: int, smallest: float) -> Array:
    """Penalties of each fit, from the least that leaves no feature, falling geometrically.

    Parameters
    ----------
    gradient : (fits, p) sum of all sites at `null_coefficients`
    patients : (fits,)
    l1_ratio : rho, over 0
    count : number of penalties
    smallest : last penalty as a part of the first

    Returns
    -------
    (fits, count)
    """
    largest = np.abs(gradient[:, 1:]).max(axis=1) / (np.maximum(patients, 1) * l1_ratio)
    return np.asarray(largest[:, None] * np.geomspace(1.0, smallest, count))


def sums(design: Array, y: Array, coefficients: Array, active: Array) -> dict[str, Array]:
    """One site's sums for one problem.

    Parameters
    ----------
    design : (patients, p) with the column of ones
    y : (patients,) 0 or 1
    coefficients : (p,)
    active : (k,) columns of the Hessian, the intercept's first; -1 where there are fewer

    Returns
    -------
    loss (), gradient (p,), hessian (k (k + 1) / 2,) packed, zero for -1; all without the penalty
    """
    eta = design @ coefficients
    risk = expit(eta)
    columns = np.where(active >= 0, design[:, active], 0.0)
    return {
        "loss": np.logaddexp(0, np.where(y == 1, -eta, eta)).sum(),
        "gradient": design.T @ (risk - y),
        "hessian": pack_symmetric((columns * (risk * (1 - risk))[:, None]).T @ columns),
    }


@dataclass(frozen=True)
class Path:
    """Where the search stands, for all problems: fits x penalties, in this order.

    Attributes
    ----------
    penalty : (problems,) lambda
    l1_ratio : rho
    patients : (problems,) training patients of its fit
    accepted : (problems, p) best coefficients so far
    direction : (problems, p) the step that is being tried from there
    length : (problems,) the part of it that is being tried
    objective : (problems,) at `accepted`; infinite before the first sums
    violation : (problems,) largest breach of the optimality conditions at `accepted`
    tolerance : breach from which on a problem counts as solved
    active : (problems, k) columns whose Hessian is wanted; -1 where there are fewer
    """

    penalty: Array
    l1_ratio: float
    patients: Array
    accepted: Array
    direction: Array
    length: Array
    objective: Array
    violation: Array
    tolerance: float
    active: Array

    @property
    def open(self) -> Array:
        """(open,) problems that are not solved yet, ascending: those that the next exchange is about."""
        return np.flatnonzero(self.violation > self.tolerance)

    @property
    def coefficients(self) -> Array:
        """(open, p) coefficients at which the next sums are wanted."""
        rows = self.open
        return np.asarray(self.accepted[rows] + self.length[rows, None] * self.direction[rows])

    @property
    def columns(self) -> Array:
        """(open, k) columns whose Hessian is wanted, k as small as the open problems allow."""
        active = self.active[self.open]
        return active[:, : int((active >= 0).sum(axis=1).max(initial=1))]


def begin(
    penalties: Array,
    l1_ratio: float,
    class_totals: Array,
    null: Array,
    totals: Mapping[str, Array],
    tolerance: float = 1e-8,
) -> Path:
    """First step of every problem, from the full sums of every fit without features.

    Parameters
    ----------
    penalties : (fits, count) falling
    l1_ratio : rho, in (0, 1]
    class_totals : (fits, 2) training patients; a fit without one of the classes stays at zero
    null : (fits, p) of `null_coefficients`
    totals : gradient (fits, p) and hessian (fits, p (p + 1) / 2), at `null`
    tolerance : largest breach of the optimality conditions of a solved problem, in units of the mean loss
    """
    fits, count = penalties.shape
    usable = (class_totals > 0).all(axis=1)
    n = np.maximum(class_totals.sum(axis=1), 1).astype(np.float64)
    gradient = totals["gradient"] / n[:, None]
    hessian = unpack_symmetric(totals["hessian"]) / n[:, None, None]
    steps = np.zeros((fits, count, null.shape[1]))
    step = np.zeros_like(null)
    for k in range(count):  # each penalty from the solution of the one before
        l1, l2 = penalties[:, k] * l1_ratio, penalties[:, k] * (1 - l1_ratio)
        for fit in np.flatnonzero(usable):
            step[fit] = _newton_step(gradient[fit], hessian[fit], null[fit], step[fit], l1[fit], l2[fit])
        steps[:, k] = step
    problems = fits * count
    path = Path(
        penalty=penalties.reshape(-1),
        l1_ratio=l1_ratio,
        patients=np.repeat(n, count),
        accepted=np.repeat(null, count, axis=0),
        direction=steps.reshape(problems, -1),
        length=np.ones(problems),
        objective=np.full(problems, np.inf),
        violation=np.where(np.repeat(usable, count), np.inf, 0.0),
        tolerance=tolerance,
        active=np.empty((problems, 0), dtype=np.int64),
    )
    wanted = path.accepted + path.direction != 0
    return replace(path, active=_indices(wanted))


def advance(path: Path, totals: Mapping[str, Array]) -> Path:
    """Take the next step of the open problems from the sums of all sites.

    Parameters
    ----------
    path : where the search stands
    totals : loss (open,), gradient (open, p), hessian (open, packed), at `path.coefficients` and `path.columns`

    Returns
    -------
    where it stands now; equal at every site and at the coordinator
    """
    rows, here, columns = path.open, path.coefficients, path.columns
    n, l1, l2 = path.patients[rows], *_penalties(path, rows)
    weights = here[:, 1:]
    objective = totals["loss"] / n + l1 * np.abs(weights).sum(axis=1) + l2 * (weights**2).sum(axis=1) / 2
    descends = objective <= path.objective[rows] * (1 + SLACK) + SLACK
    gradient = totals["gradient"] / n[:, None]
    violation = breach(gradient, here, l1, l2)

    hessian = unpack_symmetric(totals["hessian"]) / n[:, None, None]
    step = np.zeros_like(here)
    for index, listed in enumerate(columns):
        present = listed[listed >= 0]
        part = hessian[index, : len(present), : len(present)]
        at = here[index, present]
        step[index, present] = _newton_step(gradient[index, present], part, at, np.zeros_like(at), l1[index], l2[index])
    wanted = np.zeros(path.accepted.shape, dtype=bool)
    row, column = np.nonzero(path.active >= 0)
    wanted[row, path.active[row, column]] = True
    next_active = _next_active(here + step, gradient, l1)
    wanted[rows] = np.where(descends[:, None], next_active, wanted[rows])

    def updated(old: Array, new: Array) -> Array:
        result = old.copy()
        result[rows] = np.where(descends.reshape(-1, *[1] * (old.ndim - 1)), new, old[rows])
        return result

    length = path.length.copy()
    length[rows] = np.where(descends, 1.0, path.length[rows] / 2)
    return replace(
        path,
        accepted=updated(path.accepted, here),
        direction=updated(path.direction, step),
        length=length,
        objective=updated(path.objective, objective),
        violation=updated(path.violation, violation),
        active=_indices(wanted),
    )


def breach(gradient: Array, coefficients: Array, l1: Array, l2: Array) -> Array:
    """Largest breach of the optimality conditions (Karush, Kuhn and Tucker).

    Parameters
    ----------
    gradient : (problems, p) of the mean loss
    coefficients : (problems, p), the intercept first
    l1, l2 : (problems,) penalties

    Returns
    -------
    (problems,) zero at the optimum
    """
    weights = coefficients[:, 1:]
    smooth = gradient[:, 1:] + l2[:, None] * weights
    inside = np.maximum(np.abs(smooth) - l1[:, None], 0.0)
    outside = np.abs(smooth + l1[:, None] * np.sign(weights))
    of_weights = np.where(weights == 0, inside, outside).max(axis=1, initial=0.0)
    return np.asarray(np.maximum(of_weights, np.abs(gradient[:, 0])))


def _newton_step(slope: Array, hessian: Array, here: Array, guess: Array, l1: float, l2: float) -> Array:
    """Step to the minimum of the quadratic model of one problem; the first coefficient goes without penalty."""
    penalised = np.arange(len(here)) > 0
    curved = hessian + np.diag(l2 * penalised)
    there = minimise(slope - hessian @ here, curved, l1 * penalised, here + guess)
    return np.asarray(there - here)


def _next_active(there: Array, gradient: Array, l1: Array) -> Array:
    """Coefficients in use, and those outside that breach their condition most."""
    used = there != 0
    used[:, 0] = True
    pull = np.where(used, 0.0, np.abs(gradient))
    room = np.maximum(_NEWCOMERS, used.sum(axis=1))
    order = np.argsort(-pull, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None, :], axis=1)
    return np.asarray(used | ((pull > _NEAR * l1[:, None]) & (rank < room[:, None])))


def _penalties(path: Path, rows: Array) -> tuple[Array, Array]:
    return path.penalty[rows] * path.l1_ratio, path.penalty[rows] * (1 - path.l1_ratio)


def _indices(wanted: Array) -> Array:
    """Columns of each row that are wanted, ascending, the intercept always; -1 at the end."""
    wanted = wanted.copy()
    wanted[:, 0] = True
    order = np.argsort(~wanted, axis=1, kind="stable")[:, : int(wanted.sum(axis=1).max(initial=1))]
    return np.where(np.take_along_axis(wanted, order, axis=1), order, -1)
