"""The exactness certificate: each quantity of a federated run beside its value on the pooled table."""

from collections.abc import Iterator, Sequence

import numpy as np

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from shared.results.result import Result
from shared.sections.harmonization import Method
from shared.study.plan import Arm
from simulations.certificate import chance, explanation, local_models, stability
from simulations.certificate.classes.quantities import of_classes
from simulations.certificate.quantity import OPTIMUM, STATISTIC, Quantity, worse
from simulations.certificate.regression.models import UNIT
from simulations.certificate.regression.quantities import of_regression
from simulations.pooled import Pooled

_METHODS = {Method.NONE: "features", Method.COMBAT: "features after ComBat", Method.COVBAT: "features after CovBat"}


def certificate(result: Result, runs: Sequence[Run], pooled: Pooled) -> list[Quantity]:
    """Compare a run with the pooled computation.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    shared = [*_features(runs, pooled), *stability.votes(runs), *_models(runs, pooled)]
    of_result = [
        *explanation.explanation(result, runs, pooled),
        *chance.chance(result, runs, pooled),
        *local_models.local_models(result, runs),
    ]
    of_endpoint = of_regression if pooled.study.question.endpoint.continuous else of_classes
    return [*shared, *of_endpoint(result, runs, pooled), *of_result]


def _features(runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    learned, trained, worst, count = runs[0].part(Learning).learned, pooled.trained.learned, 0.0, 0
    mean, sd = 0.0, 0.0
    for index, fit in enumerate(pooled.fits):
        place = runs[0].fits.index(fit)
        ours = np.concatenate([run.part(Harmonized).u[place] for run in runs])
        theirs = pooled.features.measured(fit)
        # what one of them lacks the other has to lack
        apart = np.where(np.isnan(ours) & np.isnan(theirs), 0.0, np.abs(ours - theirs))
        worst = worse(worst, float(apart.max()))
        count += ours.size
        mean = worse(mean, float(np.abs(learned.standard.mean[place] - trained.standard.mean[index]).max()))
        sd = worse(sd, float(np.abs(learned.standard.sd[place] / trained.standard.sd[index] - 1).max()))
    method = _METHODS[pooled.study.harmonization.method]
    yield Quantity(f"{method}, every fit", count, worst, "feature SD", STATISTIC)
    numbers = trained.standard.mean.size
    yield Quantity("means of features, every fit", numbers, mean, "feature SD", STATISTIC)
    yield Quantity("standard deviations, every fit", numbers, sd, "relative", STATISTIC)


def _models(runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    learned, trained = runs[0].part(Learning).learned, pooled.trained
    learner, differing, selected = learned.learner, 0, 0
    exchanges, exact = runs[0].made(learner.step), learner.exact(pooled.study.model)
    penalties, coefficients, apart, outer = 0.0, 0.0, 0.0, trained.learned.outer
    for index, fit in enumerate(pooled.fits[:outer]):
        place = runs[0].fits.index(fit)
        ours, theirs = (chosen[chosen >= 0] for chosen in (learned.selected[place], trained.learned.selected[index]))
        selected += len(theirs)
        differing += len(set(ours.tolist()) ^ set(theirs.tolist()))
        if not learned.trainer(exchanges).usable[place] or differing:
            continue
        at = learned.chosen(Arm.MODEL, place)
        apart += at != trained.place(index)
        penalty = learned.penalties[place, at]
        expected = trained.learned.penalties[index, trained.place(index)]
        penalties = worse(penalties, abs(penalty - expected) / (expected or 1.0))
        if not exact:
            continue
        mine, pool = learned.trainer(exchanges).coefficients[place, at], trained.coefficients(index)
        width = min(len(mine), len(pool))
        coefficients = worse(coefficients, float(np.abs(mine[:width] - pool[:width]).max()))
    yield Quantity("selected features, every fold and left-out site", selected, float(differing), "features", 0.0)
    yield Quantity("penalties chosen in nested folds", outer, float(apart), "places on the path", 0.0)
    yield Quantity("penalties", outer, penalties, "relative", STATISTIC)
    if exact:
        unit = UNIT if pooled.study.question.endpoint.continuous else "log-odds"
        yield Quantity("coefficients", outer, coefficients, unit, OPTIMUM)
