"""Logistic regression with an L1, L2 or elastic-net penalty, whole paths of penalties of many fits, from sums.

Objective of one problem (a fit at a penalty), free intercept:

    (1 / n) sum_i log(1 + exp(-s_i eta_i)) + lambda (rho |w|_1 + (1 - rho) |w|^2 / 2)

which is scikit-learn's with C = 1 / (n lambda) and l1_ratio = rho. Proximal Newton steps: the products of the features,
which selection needs too, are the curvature of every fit without features, and give the first step of all problems.
From then on an exchange brings the gradient of every problem that is still open. Curvature is what costs bytes, and
along a path it changes smoothly. So a long path is asked for it once, at a few *knots* and over the columns that it
uses; between the knots it is interpolated, for a column that comes in later it follows from the products, and the
gradients that the last steps brought correct it (Broyden, Fletcher, Goldfarb and Shanno). A fit of which few problems
are left is asked for it every time: these are Newton's steps. A problem leaves the exchange when it fulfils the
optimality conditions, so what is approximate is the way and not the end.

References: Friedman, Hastie and Tibshirani, J Stat Softw 33 (2010) 1; Lee, Sun and Saunders, SIAM J Optim 24
(2014) 1420; Nocedal and Wright, Numerical Optimization (2006), section 6.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.models.curvature import Curvature, Widening, corrected
from shared.models.lasso_quadratic import minimize

SLACK = 1e-12
"""Relative rise of the objective that still counts as none: the rounding of a sum."""
KNOTS = 6
"""Places on a long path at which its curvature is asked for, once."""
FEW = 2
"""A fit of which no more problems are open is asked for their curvature every time."""
REFRESH = 4
"""Every so many exchanges all fits are asked anew."""
_NEAR = 0.9
"""A feature outside whose gradient reaches this part of its penalty may come in: its curvature is asked for too."""
_MEMORY = 4
"""Last steps of a problem that correct its curvature."""


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


def null_sums(class_totals: Array, class_sums: Array, products: Array) -> dict[str, Array]:
    """Gradient and curvature of every fit without features, from totals that no model entered.

    Parameters
    ----------
    class_totals : (fits, 2) training patients
    class_sums : (fits, 2, features) sums of standardized features by class
    products : (fits, features (features + 1) / 2) packed, sums of products of standardized features

    Returns
    -------
    gradient (fits, p) at `null_coefficients`, products (fits, p, p) of the columns of the design, the intercept first
    """
    n = class_totals.sum(axis=1)
    prevalence = class_totals[:, 1] / np.maximum(n, 1)
    of_features = prevalence[:, None] * class_sums.sum(axis=1) - class_sums[:, 1]
    design = np.zeros((len(n), of_features.shape[1] + 1, of_features.shape[1] + 1))
    design[:, 0, 0] = n
    design[:, 0, 1:] = design[:, 1:, 0] = class_sums.sum(axis=1)
    design[:, 1:, 1:] = unpack_symmetric(products)
    return {"gradient": np.concatenate([np.zeros((len(n), 1)), of_features], axis=1), "products": design}


def penalty_path(gradient: Array, patients: Array, l1_ratio: float, count: int, smallest: float) -> Array:
    """Penalties of each fit, from the least that leaves no feature, falling geometrically.

    Parameters
    ----------
    gradient : (fits, p) sum of all sites at `null_coefficients`
    patients : (fits,)
    l1_ratio : rho; at 0, where every penalty leaves all features, the path begins as if it were a thousandth
    count : number of penalties
    smallest : last penalty as a part of the first

    Returns
    -------
    (fits, count)
    """
    largest = np.abs(gradient[:, 1:]).max(axis=1, initial=0.0) / (np.maximum(patients, 1) * max(l1_ratio, 1e-3))
    return np.asarray(np.maximum(largest, np.finfo(float).tiny)[:, None] * np.geomspace(1.0, smallest, count))


def slopes(design: Array, y: Array, coefficients: Array) -> dict[str, Array]:
    """One site's sums for several problems of one fit.

    Parameters
    ----------
    design : (patients, p) with the column of ones
    y : (patients,) 0 or 1
    coefficients : (problems, p)

    Returns
    -------
    loss (problems,), gradient (problems, p), without the penalty
    """
    eta = coefficients @ design.T
    loss = np.logaddexp(0, np.where(y == 1, -eta, eta)).sum(axis=1)
    return {"loss": loss, "gradient": (scipy.special.expit(eta) - y) @ design}


def hessian(design: Array, coefficients: Array, columns: Array) -> Array:
    """One site's Hessian for one problem.

    Parameters
    ----------
    design : (patients, p) with the column of ones
    coefficients : (p,)
    columns : (k,) of the Hessian

    Returns
    -------
    (k (k + 1) / 2,) packed; without the penalty
    """
    risk = scipy.special.expit(design @ coefficients)
    used = design[:, columns]
    return pack_symmetric((used * (risk * (1 - risk))[:, None]).T @ used)


@dataclass(frozen=True)
class Path:
    """Where the search stands, for all problems: fits x penalties.

    Attributes
    ----------
    penalty : (fits, count) lambda, falling
    l1_ratio : rho
    patients : (fits,) training patients
    products : (fits, p, p) mean products of the columns of the design
    accepted : (fits, count, p) best coefficients so far
    direction : (fits, count, p) the step that is being tried from there
    length : (fits, count) the part of it that is being tried
    objective : (fits, count) at `accepted`; infinite before the first sums
    slope : (fits, count, p) gradient of the mean loss at `accepted`
    violation : (fits, count) largest breach of the optimality conditions at `accepted`
    tolerance : breach from which on a problem counts as solved
    moved, turned : (fits, count, steps, p) the last steps that were taken, and what they changed of the slope; zero
        where there were fewer
    curvature : of each fit; None before the first sums
    wanted : by fit, the curvature that the next sums bring
    age : exchanges since all fits were asked
    frugal : whether curvature is never asked for: it begins as that of the model without features, and is corrected by
        the gradients alone. More exchanges, and no Hessian leaves anybody
    """

    penalty: Array
    l1_ratio: float
    patients: Array
    products: Array
    accepted: Array
    direction: Array
    length: Array
    objective: Array
    slope: Array
    violation: Array
    tolerance: float
    moved: Array
    turned: Array
    curvature: tuple[Curvature | None, ...]
    wanted: Mapping[int, Curvature]
    age: int = 0
    frugal: bool = False

    @property
    def open(self) -> Array:
        """(fits, count) problems that are not solved yet: those that the next exchange is about."""
        return self.violation > self.tolerance

    @property
    def done(self) -> bool:
        """Whether all problems are solved."""
        return not self.open.any()

    @property
    def trial(self) -> Array:
        """(fits, count, p) coefficients at which the next sums of open problems are wanted."""
        return np.asarray(self.accepted + self.length[..., None] * self.direction)

    @property
    def solution(self) -> Array:
        """(fits, count, p) coefficients, with the last step of solved problems, which nobody had to verify."""
        return np.asarray(self.accepted + np.where(self.open, 0.0, self.length)[..., None] * self.direction)

    @property
    def sizes(self) -> dict[str, int]:
        """Lengths of the axes of the next sums."""
        return {"open": int(self.open.sum()), "curvatures": sum(curvature.size for curvature in self.wanted.values())}


def begin(
    penalties: Array,
    l1_ratio: float,
    class_totals: Array,
    null: Mapping[str, Array],
    tolerance: float = 1e-8,
    *,
    frugal: bool = False,
) -> Path:
    """First step of every problem, from the sums of every fit without features.

    Parameters
    ----------
    penalties : (fits, count) falling
    l1_ratio : rho, in [0, 1]
    class_totals : (fits, 2) training patients; a fit without one of the classes stays at zero
    null : of `null_sums`
    tolerance : largest breach of the optimality conditions of a solved problem, in units of the mean loss
    frugal : whether no curvature is asked for
    """
    fits, count = penalties.shape
    usable = (class_totals > 0).all(axis=1)
    n = np.maximum(class_totals.sum(axis=1), 1).astype(np.float64)
    gradient, products = null["gradient"] / n[:, None], null["products"] / n[:, None, None]
    weight = (class_totals / n[:, None]).prod(axis=1)
    p = gradient.shape[1]
    start = null_coefficients(class_totals, p)
    steps = np.zeros((fits, count, p))
    for fit in np.flatnonzero(usable):
        step = np.zeros(p)
        for k, penalty in enumerate(penalties[fit]):  # each from the solution of the one before
            l1, l2 = penalty * l1_ratio, penalty * (1 - l1_ratio)
            step = _newton_step(gradient[fit], weight[fit] * products[fit], start[fit], step, l1, l2)
            steps[fit, k] = step
    path = Path(
        penalty=penalties,
        l1_ratio=l1_ratio,
        patients=n,
        products=products,
        accepted=np.repeat(start[:, None, :], count, axis=1),
        direction=steps,
        length=np.ones((fits, count)),
        objective=np.full((fits, count), np.inf),
        slope=np.repeat(gradient[:, None, :], count, axis=1),
        violation=np.where(np.asarray(usable)[:, None], np.full((fits, count), np.inf), 0.0),
        tolerance=tolerance,
        moved=np.zeros((fits, count, _MEMORY, p)),
        turned=np.zeros((fits, count, _MEMORY, p)),
        curvature=(None,) * fits,
        wanted={},
        frugal=frugal,
    )
    if frugal:
        return replace(path, curvature=tuple(_without_model(path, weight, fit) for fit in range(fits)))
    # what the quadratic models leave of the gradients says which features are near
    left = gradient[:, None, :] + steps @ (weight[:, None, None] * products)
    return replace(path, wanted={fit: _wanted(path, fit, left[fit]) for fit in np.flatnonzero(usable).tolist()})


def advance(path: Path, totals: Mapping[str, Array]) -> Path:
    """Take the next step of the open problems from the sums of all sites.

    Parameters
    ----------
    path : where the search stands
    totals : loss (open,) and gradient (open, p) at `path.trial` of the open problems, fit by fit; curvature
        (curvatures,) packed, of what is `path.wanted`, fit by fit and knot by knot

    Returns
    -------
    where it stands now; equal at every site and at the coordinator
    """
    fits, places = np.nonzero(path.open)
    trial, n = path.trial[fits, places], path.patients[fits]
    penalty = path.penalty[fits, places]
    l1, l2 = penalty * path.l1_ratio, penalty * (1 - path.l1_ratio)
    weights = trial[:, 1:]
    objective = totals["loss"] / n + l1 * np.abs(weights).sum(axis=1) + l2 * (weights**2).sum(axis=1) / 2
    before = path.objective[fits, places]
    descends: Array = objective <= before * (1 + SLACK) + SLACK
    gradient = totals["gradient"] / n[:, None]
    curvature = _received(path, totals["curvature"])

    taken = (fits[descends], places[descends])
    moved, turned = path.moved.copy(), path.turned.copy()
    for memory, new in ((moved, trial - path.accepted[fits, places]), (turned, gradient - path.slope[fits, places])):
        memory[taken] = np.concatenate([memory[taken][:, 1:], new[descends, None]], axis=1)

    step, widening = np.zeros_like(trial), {}
    for index in np.flatnonzero(descends):
        fit, place = fits[index], places[index]
        known = curvature[fit]
        assert known is not None
        if fit not in widening:
            widening[fit] = Widening(known, path.products[fit])
        hessian, columns = widening[fit].at(place, trial[index], gradient[index], l1[index])
        if path.frugal or place not in known.knots or fit not in path.wanted:
            hessian = corrected(hessian, moved[fit, place][:, columns], turned[fit, place][:, columns])
        at = trial[index, columns]
        step[index, columns] = _newton_step(gradient[index, columns], hessian, at, 0 * at, l1[index], l2[index])

    def updated(old: Array, new: Array) -> Array:
        result = old.copy()
        result[taken] = new[descends]
        return result

    length = path.length.copy()
    length[fits, places] = np.where(descends, 1.0, path.length[fits, places] / 2)
    now = replace(
        path,
        accepted=updated(path.accepted, trial),
        direction=updated(path.direction, step),
        length=length,
        objective=updated(path.objective, objective),
        slope=updated(path.slope, gradient),
        violation=updated(path.violation, breach(gradient, trial, l1, l2)),
        moved=moved,
        turned=turned,
        curvature=curvature,
        wanted={},
    )
    if now.frugal:
        return now
    left, age = now.open.sum(axis=1), (path.age + 1) % REFRESH
    again = np.flatnonzero((left > 0) & ((left <= FEW) | (age == 0)))
    return replace(now, age=age, wanted={fit: _wanted(now, fit, now.slope[fit]) for fit in again.tolist()})


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


def _newton_step(slope: Array, hessian: Array, current: Array, guess: Array, l1: float, l2: float) -> Array:
    """Step to the minimum of the quadratic model of one problem; the first coefficient goes without penalty."""
    penalized = np.arange(len(current)) > 0
    curved = hessian + np.diag(l2 * penalized)
    minimum = minimize(slope - hessian @ current, curved, l1 * penalized, current + guess)
    return np.asarray(minimum - current)


def _received(path: Path, packed: Array) -> tuple[Curvature | None, ...]:
    """Curvature of each fit, from what an exchange brought."""
    now, start = list(path.curvature), 0
    for fit, wanted in path.wanted.items():
        now[fit] = wanted.received(packed[start : start + wanted.size], path.patients[fit])
        start += wanted.size
    return tuple(now)


def _without_model(path: Path, weight: Array, fit: int) -> Curvature:
    """Curvature of a fit where no feature has come in: the products, each patient with the same weight."""
    columns = np.flatnonzero(np.diag(path.products[fit]) > 0)
    known = weight[fit] * path.products[fit][np.ix_(columns, columns)]
    return Curvature(columns, np.zeros(1, dtype=np.int64), known[None])


def _wanted(path: Path, fit: int, slope: Array) -> Curvature:
    """Curvature to ask for: where on the path of a fit, and over which columns."""
    places = np.flatnonzero(path.open[fit])
    used = (path.trial[fit, places] != 0).any(axis=0)
    l1 = path.penalty[fit, places, None] * path.l1_ratio
    used |= (np.abs(slope[places]) > _NEAR * l1).any(axis=0) & (np.diag(path.products[fit]) > 0)
    used[0] = True
    spread = np.unique(np.rint(np.linspace(0, len(places) - 1, min(KNOTS, len(places)))).astype(np.int64))
    columns = np.flatnonzero(used)
    return Curvature(columns, places[spread], np.empty((0, len(columns), len(columns))))
