"""An exactness certificate's models of classes, against scikit-learn and SciPy on the pooled table.

Where a penalty is L1, solvers that leave the intercept free converge slowly: there every model of every path is held
against the conditions of its optimum on the pooled rows, which it alone meets.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import expit

from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.arrays import Array
from shared.models.elastic_net import breach
from shared.results.result import Result
from shared.sections.model import LogisticSettings
from shared.study.plan import Arm
from shared.training.progress import Learned
from simulations.certificate.baseline_models import Baselines
from simulations.certificate.classes import references
from simulations.certificate.classes.judged_risks import JudgedRisks
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

_FINAL, _SECOND = 0, 1


def models(result: Result, runs: Sequence[Run], pooled: Pooled, judged: JudgedRisks) -> Iterator[Quantity]:
    """Strength of features, every model of every fit, its losses, and the model that comes out.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    pooled : the same study on one table
    judged : risks of pooled patients
    """
    yield from strength(result, runs, pooled)
    learned, model = runs[0].part(Learning).learned, pooled.study.model
    if isinstance(model, LogisticSettings):
        reference = _reference(runs, model)
        yield from _paths(runs, pooled, model.l1_ratio, reference)
        if model.path_length > 1:
            yield from held_out(result, runs, pooled, reference)
        yield final(result, runs, pooled, reference)
    else:
        yield from _risks(runs, pooled, learned)
        if learned.learner.exact(model):
            yield _vector(result, runs, pooled, learned)
    assert result.model is not None  # only networks come out otherwise
    if result.model.threshold is not None:
        apart = abs(result.model.threshold - float(judged.threshold(Arm.MODEL, _FINAL, _SECOND)[0]))
        yield Quantity("the threshold in the result", 1, apart, "risk", STATISTIC)
    if result.model.combined is not None and learned.learner.exact(model):
        yield nomogram(result.model.combined, pooled, Baselines(pooled))


def _reference(runs: Sequence[Run], model: LogisticSettings) -> Reference:
    """By scikit-learn where the penalty is L2; else those of the run, which the conditions hold in their place."""
    learned, ratio = runs[0].part(Learning).learned, model.l1_ratio
    trained = learned.trainer(runs[0].made(learned.learner.step)).coefficients

    def models(place: int, z: Array, y: Array, penalties: Array) -> Array:
        if ratio:
            rows = [int(np.argmin(np.abs(learned.penalties[place] - penalty))) for penalty in penalties]
            return np.asarray(trained[place][rows, : 1 + z.shape[1]])
        fits = []
        for penalty in penalties.tolist():
            if z.shape[1]:
                fitted = references.logistic(1 / (len(y) * penalty), y).fit(z, y)
                fits.append(np.concatenate([fitted.intercept_, fitted.coef_[0]]))
            else:
                fits.append(np.array([np.log(y.mean() / (1 - y.mean()))]))
        return np.stack(fits)

    def loss(eta: Array, y: Array) -> Array:
        # of the linear predictor: a risk is 0 or 1 to the last digit from 37 on, where its logarithm ends
        return np.asarray(np.logaddexp(0, np.where(y[:, None] == 1, -eta, eta)).mean(axis=0))

    return Reference(models, loss, "log-odds", "mean log-loss")


def _paths(runs: Sequence[Run], pooled: Pooled, ratio: float, reference: Reference) -> Iterator[Quantity]:
    """Every penalty of every fold and left-out site, and of their inner folds."""
    learned = runs[0].part(Learning).learned
    trainer = learned.trainer(runs[0].made(learned.learner.step))
    compared, conditions, apart = 0, 0.0, 0.0
    for place, z, y in _trained(runs, pooled, learned):
        ours, penalties = trainer.coefficients[place][:, : 1 + z.shape[1]], learned.penalties[place]
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)
        gradient = (expit(ours @ design.T) - y) @ design / len(y)
        conditions = worse(conditions, float(breach(gradient, ours, ratio * penalties, (1 - ratio) * penalties).max()))
        compared += ours.size
        if not ratio:
            apart = worse(apart, float(np.abs(ours - reference.models(place, z, y, penalties)).max()))
    yield Quantity("optimality conditions on the pooled table", compared, conditions, "mean log-loss", CONDITIONS)
    if not ratio:
        yield Quantity("coefficients against scikit-learn", compared, apart, "log-odds", OPTIMUM)


def _risks(runs: Sequence[Run], pooled: Pooled, learned: Learned) -> Iterator[Quantity]:
    """Risks by every fit's model for its training patients."""
    trainer, model = learned.trainer(runs[0].made(learned.learner.step)), pooled.study.model
    compared, worst = 0, 0.0
    for place, z, y in _trained(runs, pooled, learned):
        predict = references.of_study(model, z, y, float(learned.penalties[place, 0]))
        if predict is None:
            continue
        width = (learned.selected[place] >= 0).size - z.shape[1]
        design = np.concatenate([np.ones((len(z), 1)), z, np.zeros((len(z), width))], axis=1)
        ours = learned.learner.predict(design, trainer.coefficients[place, 0], learned.classes)
        worst, compared = worse(worst, float(np.abs(ours - predict(z)).max())), compared + ours.size
    if compared:
        yield Quantity("risks of training patients against scikit-learn and SciPy", compared, worst, "risk", OPTIMUM)


def _vector(result: Result, runs: Sequence[Run], pooled: Pooled, learned: Learned) -> Quantity:
    """Predictions of the model in the result for every patient, by its own coefficients, means and deviations."""
    model = result.model
    assert model is not None  # only networks come out otherwise
    u, features = pooled.harmonized(pooled.fits[_FINAL]), list(runs[0].table.features)
    design = np.concatenate([np.ones((len(u), 1)), np.zeros((len(u), model.columns))], axis=1)
    for place, coefficient in enumerate(model.coefficients):
        design[:, 1 + place] = (u[:, features.index(coefficient.feature)] - coefficient.mean) / coefficient.sd
    ours = learned.learner.predict(design, np.array(model.vector), learned.classes)
    trains, chosen = pooled.trains(pooled.fits[_FINAL]), u[:, selected(learned, _FINAL)]
    z, y = scaled(chosen[trains]), pooled.y[trains]
    predict = references.of_study(pooled.study.model, z, y, float(learned.penalties[_FINAL, 0]))
    expected = pooled.trained.risks(0, _FINAL)[trains] if predict is None else predict(z)
    apart = float(np.abs(ours[trains] - expected).max())
    return Quantity("risks by the final model in the result", ours[trains].size, apart, "risk", OPTIMUM)


def _trained(runs: Sequence[Run], pooled: Pooled, learned: Learned) -> Iterator[tuple[int, Array, Array]]:
    """Of every fit that settled a model: its place, standardized selected features and classes of training patients."""
    usable = learned.trainer(runs[0].made(learned.learner.step)).usable
    for fit in pooled.fits:
        place, trains = runs[0].fits.index(fit), pooled.trains(fit)
        if usable[place]:
            yield place, scaled(pooled.harmonized(fit)[trains][:, selected(learned, place)]), pooled.y[trains]
