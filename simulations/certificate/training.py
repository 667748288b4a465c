"""Training in an exactness certificate, for every endpoint: strength of features, losses, the model in the result.

Of the pooled table only the harmonized features, the outcome and who trains which fit are taken (`Pooled`); the rest is
computed anew from them, by code that no study runs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.feature_selection import f_classif, f_regression
from sklearn.preprocessing import StandardScaler

from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.arrays import Array
from shared.results.model import CombinedModel, FinalModel
from shared.results.result import Result
from shared.step import Step
from shared.study.plan import Arm, inner_folds
from shared.training.progress import Learned
from simulations.certificate.baseline_models import Baselines
from simulations.certificate.quantity import OPTIMUM, Held, Quantity, held, worse
from simulations.pooled import Pooled

_FINAL = 0


@dataclass(frozen=True)
class Reference:
    """Models of whole paths of penalties, made without a study.

    Attributes
    ----------
    models : of a fit of the run: (penalties, 1 + columns) intercepts and coefficients, of standardized features, an
        outcome and penalties
    loss : (penalties,) mean over patients, of (n, penalties) linear predictors and an outcome
    unit, loss_unit : of coefficients, and of losses
    middle, half : what an outcome of 0 is in the unit of the result, and one of 1 beyond that
    """

    models: Callable[[int, Array, Array, Array], Array]
    loss: Callable[[Array, Array], Array]
    unit: str
    loss_unit: str
    middle: float = 0.0
    half: float = 1.0


def strength(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """F of every feature in every fit, and what the result says of the candidates of the final model."""
    learned, strength, numbers = runs[0].part(Learning).learned, 0.0, 0
    score = f_regression if pooled.study.question.endpoint.continuous else f_classif
    pairs: list[Held] = []
    for fit in pooled.fits:
        place, trains = runs[0].fits.index(fit), pooled.trains(fit)
        u, y = pooled.harmonized(fit)[trains], pooled.y[trains]
        varying = ~learned.standard.constant[place]
        if len(np.unique(y)) < 2 or not varying.any():  # no class differs from another
            continue
        expected, p_values = score(u[:, varying], y)
        ours = learned.strength[place, varying]
        with np.errstate(invalid="ignore"):  # a feature that is constant in each class parts them without end
            apart = np.where(ours == expected, 0.0, np.abs(ours - expected) / (1 + expected))
        strength, numbers = worse(strength, float(apart.max(initial=0.0))), numbers + int(varying.sum())
        if place == _FINAL and result.model is not None:
            candidates = [
                candidate for candidate, varies in zip(result.model.candidates, varying, strict=False) if varies
            ]
            for candidate, f, p in zip(candidates, expected.tolist(), p_values.tolist(), strict=True):
                pairs += [
                    (None if candidate.statistic is None else candidate.statistic / (1 + f), f / (1 + f)),
                    (candidate.p_value, p),
                ]
    yield Quantity("strength of features against scikit-learn, every fit", numbers, strength, "relative", OPTIMUM)
    yield held("strength and p of candidates in the result", pairs, "relative", OPTIMUM)


def held_out(result: Result, runs: Sequence[Run], pooled: Pooled, reference: Reference) -> Iterator[Quantity]:
    """Loss of every penalty on the patients whom each inner fold leaves out, and those of the final model's result."""
    totals, learned = runs[0].told(Step.TUNE), runs[0].part(Learning).learned
    outer, inner = pooled.trained.learned.outer, inner_folds(pooled.study)
    worst, compared, of_final, patients = 0.0, 0, np.zeros(pooled.study.model.path_length), 0
    for row, fit in enumerate(pooled.fits[outer:]):  # those of the model come first
        if not totals["held_out"][row]:  # it settled no model
            continue
        place, of = runs[0].fits.index(fit), pooled.fits[row // inner]
        trains, chosen = pooled.trains(fit), selected(learned, place)
        left_out = pooled.trains(of) & ~trains
        scale, u = StandardScaler(), pooled.harmonized(fit)[:, chosen]
        z = scale.fit(u[trains]).transform(u) if len(chosen) else u
        models = reference.models(place, z[trains], pooled.y[trains], learned.penalties[place])
        design = np.concatenate([np.ones((len(z), 1)), z], axis=1)[left_out]
        loss = reference.loss(design @ models.T, pooled.y[left_out])
        apart = np.abs(totals["held_out_loss"][row] / totals["held_out"][row] - loss)
        worst, compared = worse(worst, float(apart.max())), compared + apart.size
        if row < inner:
            of_final, patients = of_final + loss * left_out.sum(), patients + int(left_out.sum())
    yield Quantity("held-out loss of every penalty", compared, worst, reference.loss_unit, OPTIMUM)
    if result.model is not None and (tuning := result.model.tuning) is not None and patients:
        pairs: list[Held] = [(float(tuning.chosen), float(pooled.trained.place(_FINAL)))]
        pairs += zip(tuning.penalties, pooled.trained.learned.penalties[_FINAL].tolist(), strict=True)
        losses = [loss / reference.half**2 for loss in tuning.held_out_loss]
        pairs += zip(losses, (of_final / patients).tolist(), strict=True)
        yield held("losses and choice of the final penalty in the result", pairs, reference.loss_unit, OPTIMUM)


def final(result: Result, runs: Sequence[Run], pooled: Pooled, reference: Reference) -> Quantity:
    """The model that comes out: intercept, what each feature adds, its mean and its spread."""
    assert result.model is not None  # only networks come out otherwise
    trains, chosen = pooled.trains(pooled.fits[_FINAL]), selected(runs[0].part(Learning).learned, _FINAL)
    u = pooled.harmonized(pooled.fits[_FINAL])[trains][:, chosen]
    penalty = np.array([result.model.penalty or 0.0])
    expected = reference.models(_FINAL, scaled(u), pooled.y[trains], penalty)[0]
    apart = [abs((result.model.intercept - reference.middle) / reference.half - expected[0])]
    reported = {coefficient.feature: coefficient.value / reference.half for coefficient in result.model.coefficients}
    for place, feature in enumerate(chosen.tolist()):
        value = reported.get(runs[0].table.features[feature], 0.0)
        apart.append(abs(value - expected[1 + place]))
    apart += _scales(result.model, runs, u, chosen)
    return Quantity("the final model in the result", len(apart), worse(*apart), reference.unit, OPTIMUM)


def _scales(model: FinalModel, runs: Sequence[Run], u: Array, chosen: Array) -> list[float]:
    """Differences of means and spreads from those of training patients; infinite for an unselected feature."""
    places, apart = {runs[0].table.features[feature]: place for place, feature in enumerate(chosen.tolist())}, []
    for coefficient in model.coefficients:
        if coefficient.feature not in places:
            return [np.inf]
        values = u[:, places[coefficient.feature]]
        apart += [
            abs(coefficient.mean - float(values.mean())) / float(values.std()),
            abs(coefficient.sd / float(values.std()) - 1),
        ]
    return apart


def nomogram(combined: CombinedModel, pooled: Pooled, models: Baselines) -> Quantity:
    """Predictions of the nomogram in the result for every patient, against scikit-learn's model of score and variables.

    Parameters
    ----------
    combined : score and clinical variables, as the result has them
    pooled : the study on one table
    models : of the pooled table
    """
    endpoint, score = pooled.study.question.endpoint, models.score(_FINAL)[:, 0]
    columns = [endpoint.middle + endpoint.half_range * score if endpoint.continuous else score]
    columns += list(np.concatenate([place.run.extras for place in pooled.places]).T)
    predicted = np.full(len(score), combined.intercept)
    for coefficient, values in zip(combined.coefficients, columns, strict=False):  # the volume is not among them
        predicted += coefficient.value * (values - coefficient.mean) / coefficient.sd
    predicted = (predicted - endpoint.middle) / endpoint.half_range if endpoint.continuous else expit(predicted)
    apart = np.abs(predicted - models.predicted(Arm.COMBINED, _FINAL)[:, -1])
    unit = "half range" if endpoint.continuous else "risk"
    return Quantity("the nomogram in the result", len(predicted), float(apart.max()), unit, OPTIMUM)


def selected(learned: Learned, task: int) -> Array:
    """Features that a task selects."""
    chosen = learned.selected[task]
    return np.asarray(chosen[chosen >= 0])


def scaled(u: Array) -> Array:
    """Standardized, by scikit-learn."""
    return StandardScaler().fit_transform(u) if u.shape[1] else u
