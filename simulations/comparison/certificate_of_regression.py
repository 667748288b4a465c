"""An exactness certificate's moments and models of a continuous endpoint, against scikit-learn on the pooled table.

Of the pooled table only the harmonised features, the outcome and who trains which fit are taken (`Pooled`); the rest is
computed anew from them, by code that no study runs.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.feature_selection import f_regression
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler

from client.derived.learning import Learning
from client.run import Run
from shared.arrays import Array
from shared.contract import Step
from shared.learning import Learned
from shared.models.elastic_net import breach
from shared.plan import inner_folds
from shared.result import Result
from simulations.comparison.pooled import Pooled
from simulations.comparison.quantity import CONDITIONS, OPTIMUM, STATISTIC, Quantity, worse

UNIT = "half range"
"""Of the endpoint, as its study states it: whatever the endpoint's unit, values are some tenths of it."""


def regression(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Sums of the outcome, strength of features, every model of the path of every fold and left-out site, its losses.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    pooled : the same study on one table
    """
    yield from _moments(runs, pooled)
    learned = runs[0].part(Learning).learned
    trainer = learned.trainer(runs[0].made(learned.learner.step))
    half, model = pooled.study.question.endpoint.half_range, pooled.study.model
    compared, worst, conditions = 0, 0.0, 0.0
    for fit in pooled.fits[: pooled.taught.learned.outer]:
        place = runs[0].fits.index(fit)
        if not trainer.usable[place]:
            continue
        trains, chosen = pooled.trains(fit), _selected(learned, place)
        z, y = _scaled(pooled.harmonised(fit)[trains][:, chosen]), pooled.y[trains]
        ours, penalties = trainer.coefficients[place][:, : 1 + len(chosen)], learned.penalties[place]
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
        gradient = (ours @ design.T - y) @ design / len(y)
        l1, l2 = model.l1_ratio * penalties / half, (1 - model.l1_ratio) * penalties
        conditions = worse(conditions, float(breach(gradient, ours, l1, l2).max()))
        # scikit-learn's penalties are those of the outcome in its own unit
        theirs = _path(z, half * y, penalties, model.l1_ratio) / half
        worst, compared = worse(worst, float(np.abs(ours - theirs).max())), compared + ours.size
    yield Quantity("coefficients of every penalty against scikit-learn", compared, worst, UNIT, OPTIMUM)
    yield Quantity("optimality conditions on the pooled table", compared, conditions, UNIT, CONDITIONS)
    if model.penalties > 1:
        yield _held_out(runs, pooled)
    yield _final(result, runs, pooled)


def _held_out(runs: Sequence[Run], pooled: Pooled) -> Quantity:
    """Mean squared error of every penalty on the patients whom each inner fold leaves out."""
    told, learned = runs[0].told(Step.TUNE), runs[0].part(Learning).learned
    half, outer = pooled.study.question.endpoint.half_range, pooled.taught.learned.outer
    worst, compared = 0.0, 0
    for row, fit in enumerate(pooled.fits[outer:]):  # those of the model come first
        if not told["held_out"][row]:  # it settled no model
            continue
        place, of = runs[0].fits.index(fit), pooled.fits[row // inner_folds(pooled.study)]
        trains, chosen = pooled.trains(fit), _selected(learned, place)
        held = pooled.trains(of) & ~trains
        scale, u = StandardScaler(), pooled.harmonised(fit)[:, chosen]
        z = scale.fit(u[trains]).transform(u) if len(chosen) else u
        models = _path(z[trains], half * pooled.y[trains], learned.penalties[place], pooled.study.model.l1_ratio) / half
        off = np.concatenate([np.ones((len(z), 1)), z], axis=1)[held] @ models.T - pooled.y[held, None]
        apart = np.abs(told["held_out_loss"][row] / told["held_out"][row] - (off**2).mean(axis=0))
        worst, compared = worse(worst, float(apart.max())), compared + apart.size
    return Quantity("held-out loss of every penalty against scikit-learn", compared, worst, UNIT, OPTIMUM)


def _final(result: Result, runs: Sequence[Run], pooled: Pooled) -> Quantity:
    """The model that comes out, in the endpoint's unit: intercept, what each feature adds, its mean and its spread."""
    assert result.model is not None  # a number is predicted by one
    endpoint, told = pooled.study.question.endpoint, {one.feature: one for one in result.model.coefficients}
    trains, chosen = pooled.trains(pooled.fits[0]), _selected(runs[0].part(Learning).learned, 0)
    u = pooled.harmonised(pooled.fits[0])[trains][:, chosen]
    penalty = np.array([result.model.penalty or 0.0])
    y = endpoint.middle + endpoint.half_range * pooled.y[trains]
    expected = _path(_scaled(u), y, penalty, pooled.study.model.l1_ratio)[0]
    apart = [abs(result.model.intercept - expected[0]) / endpoint.half_range]
    for place, feature in enumerate(chosen.tolist()):
        one = told.pop(runs[0].table.features[feature], None)
        value = 0.0 if one is None else one.value
        apart.append(abs(value - expected[1 + place]) / endpoint.half_range)
        if one is not None:
            spread = float(u[:, place].std())
            apart += [abs(one.mean - float(u[:, place].mean())) / spread, abs(one.sd / spread - 1)]
    worst = np.inf if told else worse(*apart)  # a feature that no selection chose
    return Quantity("the final model in the result against scikit-learn", len(apart), worst, UNIT, OPTIMUM)


def _selected(learned: Learned, task: int) -> Array:
    chosen = learned.selected[task]
    return np.asarray(chosen[chosen >= 0])


def _moments(runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    told, learned = runs[0].told(Step.MOMENTS), runs[0].part(Learning).learned
    sums, products, strength, numbers = 0.0, 0.0, 0.0, 0
    for fit in pooled.fits:
        place, trains = runs[0].fits.index(fit), pooled.trains(fit)
        u, y = pooled.harmonised(fit)[trains], pooled.y[trains]
        n = max(len(y), 1)
        ours = told["outcome_sums"][0, place], told["outcome_squares"][0, place]
        sums = worse(sums, abs(ours[0] - y.sum()) / n, abs(ours[1] - y @ y) / n)
        size = np.sqrt(np.maximum((u**2).mean(axis=0), np.finfo(float).tiny))
        products = worse(products, float((np.abs(told["outcome_products"][0, place] - u.T @ y) / size).max()) / n)
        varying = ~learned.standard.constant[place]
        expected = f_regression(u[:, varying], y)[0] if varying.any() else np.zeros(0)
        apart = np.abs(learned.strength[place, varying] - expected) / (1 + expected)
        strength, numbers = worse(strength, float(apart.max(initial=0.0))), numbers + int(varying.sum())
    fits, features = len(pooled.fits), learned.strength.shape[1]
    yield Quantity("sums of the outcome and its squares, every fit", 2 * fits, sums, UNIT, STATISTIC)
    yield Quantity("products of outcome and features, every fit", fits * features, products, "relative", STATISTIC)
    yield Quantity("strength of features against scikit-learn, every fit", numbers, strength, "relative", OPTIMUM)


def _scaled(u: Array) -> Array:
    return StandardScaler().fit_transform(u) if u.shape[1] else u


def _path(z: Array, y: Array, penalties: Array, l1_ratio: float) -> Array:
    """(penalties, 1 + selected) intercepts and coefficients by scikit-learn at its strictest."""
    if not z.shape[1]:
        return np.full((len(penalties), 1), y.mean())
    fitted = []
    warm = ElasticNet(l1_ratio=l1_ratio, tol=1e-14, max_iter=1_000_000, warm_start=True)
    for one in penalties.tolist():
        if not one:
            reference = LinearRegression()
        elif not l1_ratio:
            reference = Ridge(alpha=len(y) * one)
        else:
            reference = warm.set_params(alpha=one)
        reference.fit(z, y)
        fitted.append(np.concatenate([[reference.intercept_], reference.coef_]))
    return np.stack(fitted)
