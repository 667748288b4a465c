"""An exactness certificate's moments and models of a continuous endpoint, against scikit-learn on the pooled table.

Of the pooled table only the harmonized features, the outcome and who trains which fit are taken (`Pooled`); the rest is
computed anew from them, by code that no study runs.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge

from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.arrays import Array
from shared.models.elastic_net import breach
from shared.results.result import Result
from shared.sections.model import LinearSettings
from shared.step import Step
from simulations.certificate.baseline_models import Baselines
from simulations.certificate.quantity import CONDITIONS, OPTIMUM, STATISTIC, Quantity, worse
from simulations.certificate.training import (
    Reference,
    final,
    held_out,
    nomogram,
    scaled,
    selected,
    strength,
)
from simulations.pooled import Pooled

UNIT = "half range"
"""Of the endpoint, as its study states it: whatever the endpoint's unit, values are some tenths of it."""


def models(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """Sums of the outcome, strength of features, every model of the path of every fold and left-out site, its losses.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    pooled : the same study on one table
    """
    yield from _moments(runs, pooled)
    yield from strength(result, runs, pooled)
    reference = _reference(pooled)
    learned = runs[0].part(Learning).learned
    trainer = learned.trainer(runs[0].made(learned.learner.step))
    half, model = pooled.study.question.endpoint.half_range, pooled.study.model
    assert isinstance(model, LinearSettings)  # no other kind predicts a number
    compared, worst, conditions = 0, 0.0, 0.0
    for fit in pooled.fits[: pooled.trained.learned.outer]:
        place = runs[0].fits.index(fit)
        if not trainer.usable[place]:
            continue
        trains, chosen = pooled.trains(fit), selected(learned, place)
        z, y = scaled(pooled.harmonized(fit)[trains][:, chosen]), pooled.y[trains]
        ours, penalties = trainer.coefficients[place][:, : 1 + len(chosen)], learned.penalties[place]
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
        gradient = (ours @ design.T - y) @ design / len(y)
        l1, l2 = model.l1_ratio * penalties / half, (1 - model.l1_ratio) * penalties
        conditions = worse(conditions, float(breach(gradient, ours, l1, l2).max()))
        theirs = reference.models(place, z, y, penalties)
        worst, compared = worse(worst, float(np.abs(ours - theirs).max())), compared + ours.size
    yield Quantity("coefficients of every penalty against scikit-learn", compared, worst, UNIT, OPTIMUM)
    yield Quantity("optimality conditions on the pooled table", compared, conditions, UNIT, CONDITIONS)
    if model.path_length > 1:
        yield from held_out(result, runs, pooled, reference)
    yield final(result, runs, pooled, reference)
    assert result.model is not None  # a number is predicted by one
    if result.model.combined is not None:
        yield nomogram(result.model.combined, pooled, Baselines(pooled))


def _reference(pooled: Pooled) -> Reference:
    endpoint, model = pooled.study.question.endpoint, pooled.study.model
    assert isinstance(model, LinearSettings)  # no other kind predicts a number
    half, ratio = endpoint.half_range, model.l1_ratio

    def models(place: int, z: Array, y: Array, penalties: Array) -> Array:
        del place
        # scikit-learn's penalties are those of the outcome in its own unit
        return _path(z, half * y, penalties, ratio) / half

    def loss(eta: Array, y: Array) -> Array:
        return np.asarray(((eta - y[:, None]) ** 2).mean(axis=0))

    return Reference(models, loss, UNIT, UNIT, endpoint.middle, half)


def _moments(runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    totals, sums, products = runs[0].told(Step.MOMENTS), 0.0, 0.0
    for fit in pooled.fits:
        place, trains = runs[0].fits.index(fit), pooled.trains(fit)
        u, y = pooled.harmonized(fit)[trains], pooled.y[trains]
        n = max(len(y), 1)
        ours = totals["outcome_sums"][0, place], totals["outcome_squares"][0, place]
        sums = worse(sums, abs(ours[0] - y.sum()) / n, abs(ours[1] - y @ y) / n)
        size = np.sqrt(np.maximum((u**2).mean(axis=0), np.finfo(float).tiny))
        products = worse(products, float((np.abs(totals["outcome_products"][0, place] - u.T @ y) / size).max()) / n)
    fits, features = len(pooled.fits), totals["outcome_products"].shape[2]
    yield Quantity("sums of the outcome and its squares, every fit", 2 * fits, sums, UNIT, STATISTIC)
    yield Quantity("products of outcome and features, every fit", fits * features, products, "relative", STATISTIC)


def _path(z: Array, y: Array, penalties: Array, l1_ratio: float) -> Array:
    """(penalties, 1 + selected) intercepts and coefficients by scikit-learn at its strictest."""
    if not z.shape[1]:
        return np.full((len(penalties), 1), y.mean())
    fitted = []
    warm = ElasticNet(l1_ratio=l1_ratio, tol=1e-14, max_iter=1_000_000, warm_start=True)
    for penalty in penalties.tolist():
        if not penalty:
            reference = LinearRegression()
        elif not l1_ratio:
            reference = Ridge(alpha=len(y) * penalty)
        else:
            reference = warm.set_params(alpha=penalty)
        reference.fit(z, y)
        fitted.append(np.concatenate([[reference.intercept_], reference.coef_]))
    return np.stack(fitted)
