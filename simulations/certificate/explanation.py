"""The explanation in an exactness certificate: what the final model decides by, computed again on pooled rows.

Linear SHAP of linear models, and dependence and importance of every model that is the pooled table's. Values are
exchanged between the patients whom the study's seed draws.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from client.exchange.run import Run
from shared.arrays import Array
from shared.folds import generator
from shared.results.model import ExplainedFeature
from shared.results.result import Result
from shared.study.plan import View
from shared.training.explanation import DRAWS
from simulations.certificate.quantity import OPTIMUM, Held, Quantity, held
from simulations.certificate.within_sites import within_sites
from simulations.pooled import Pooled

_FINAL = 0


def explanation(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """The result's numbers about each feature that it explains.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    pooled : the same study on one table
    """
    learned = pooled.trained.learned
    if not result.explained or not learned.learner.exact(pooled.study.model):
        return
    features, endpoint = list(runs[0].table.features), pooled.study.question.endpoint
    middle, half = (endpoint.middle, endpoint.half_range) if endpoint.continuous else (0.0, 1.0)
    u, trains = pooled.harmonized(pooled.fits[_FINAL]), pooled.trains(pooled.fits[_FINAL])
    chosen = learned.selected[_FINAL]
    moved: list[Held] = []
    counted: list[Held] = []
    held_at: list[Held] = []
    lost: list[Held] = []
    for line in result.explained:
        feature = features.index(line.feature)
        if learned.learner.linear:
            values = u[trains, feature]
            shap = line.weight * (values - values.mean()) / values.std() / half
            moved.append((line.attribution / half, float(np.abs(shap).mean())))
            counted += _counted(line, shap * half)
        design = pooled.trained.site_statistics[0].designs(_FINAL)[trains].copy()
        column = 1 + int(np.flatnonzero(chosen == feature)[0])
        for place, setting in enumerate(line.settings):
            design[:, column] = setting
            mean = _predicted(pooled, _FINAL, design).mean(axis=0)
            held_at += [
                ((curve[place] - middle) / half, float(m)) for curve, m in zip(line.dependence, mean, strict=True)
            ]
        if line.importance is not None:
            lost.append((line.importance, _lost(pooled, feature)))
    unit = "half range" if endpoint.continuous else "log-odds"
    if moved:
        yield held("linear SHAP of explained features", moved, unit, OPTIMUM)
        yield held("patients by linear SHAP", counted, "patients", 0.0)
    yield held("dependence of explained features", held_at, "half range" if endpoint.continuous else "risk", OPTIMUM)
    if lost:
        index = "concordance" if endpoint.continuous else "AUC"
        yield held("importance of explained features", lost, index, OPTIMUM)


def _counted(line: ExplainedFeature, shap: Array) -> Iterator[Held]:
    limits = np.concatenate([[-np.inf], line.moves[1:-1], [np.inf]])
    yield from zip(map(float, line.moved), map(float, np.histogram(shap, limits)[0]), strict=True)


def _predicted(pooled: Pooled, outer: int, design: Array) -> Array:
    learned = pooled.trained.learned
    return learned.learner.predict(design, pooled.trained.coefficients(outer), learned.classes)


def _lost(pooled: Pooled, feature: int) -> float:
    """Share of pairs within sites that is lost where a feature's values go to others of the fold."""
    trained, before = pooled.trained, pooled.evaluated(View.CROSS_VALIDATION)[1]
    seen, after = np.isfinite(before).all(axis=1), []
    for draw in range(DRAWS):
        exchanged, moved = before.copy(), np.arange(len(before))
        for place in pooled.places:
            order = generator(pooled.study.evaluation.seed, "exchange", place.run.site.name, str(draw))
            for fold in range(pooled.study.evaluation.folds):
                rows = place.rows.start + np.flatnonzero(place.run.folds[0] == fold)
                moved[rows] = order.permutation(rows)
        for outer, fit in enumerate(pooled.fits[: trained.learned.outer]):
            column = 1 + np.flatnonzero(trained.learned.selected[outer] == feature)
            if not fit.evaluated_in(View.CROSS_VALIDATION) or not column.size:
                continue
            design, rows = trained.site_statistics[0].designs(outer).copy(), seen & ~pooled.trains(fit)
            design[:, column] = design[moved][:, column]
            exchanged[rows] = _predicted(pooled, outer, design[rows])
        after.append(within_sites(exchanged, pooled.y, pooled))
    return within_sites(before, pooled.y, pooled) - float(np.mean(after))
