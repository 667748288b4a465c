"""By what the model explains itself on the site's patients (`shared.explanation`)."""

import numpy as np

from client.derived.judgement import Judgement
from client.derived.learning import Learning
from client.run import Run
from shared.arrays import Array
from shared.explanation import DRAWS, MOVES, SETTINGS, attribution, dependence, explained, moves
from shared.folds import generator
from shared.metrics.concordance import ranked
from shared.plan import Arm, View, explains, targets, views

_FINAL = 0


def explaining(run: Run) -> dict[str, Array]:
    """Sums over all patients under the final model, and over those of each fold under the model that left them out."""
    classes = max(len(run.study.question.endpoint.classes), 1)
    nothing = {
        "attributed": np.zeros(0),
        "moved": np.zeros((0, len(MOVES) - 1)),
        "dependence": np.zeros((0, len(SETTINGS), classes)),
        "exchanged_u": np.zeros((0, len(targets(run.study)))),
    }
    if not explains(run.study):
        return nothing
    learning = run.part(Learning)
    learned = learning.learned
    exchanges = run.made(learned.learner.step)
    features, weights = explained(learned, exchanges)
    if not len(features):
        return nothing
    design = learning.rows(_FINAL)[0]
    columns = 1 + np.array([np.flatnonzero(learned.selected[_FINAL] == one)[0] for one in features])
    at = learned.trainer(exchanges).coefficients[_FINAL, learned.chosen(Arm.MODEL, _FINAL)]
    if not len(design):  # of a site that trains nothing
        zeros = {**nothing, "attributed": np.zeros(len(features)), "moved": np.zeros((len(features), len(MOVES) - 1))}
        zeros["dependence"] = np.zeros((len(features), len(SETTINGS), classes))
        return zeros | {"exchanged_u": np.zeros((len(features), len(targets(run.study))))}
    return {
        **attribution(moves(learned.learner, at, design, weights, columns)),
        "dependence": dependence(lambda held: learned.learner.predict(held, at, classes), design, columns),
        "exchanged_u": _exchanged(run, features),
    }


def _exchanged(run: Run, features: Array) -> Array:
    """(m, targets) pairs ranked rightly in cross-validation where a feature's values go to others of the fold here."""
    asked, continuous = targets(run.study), run.study.question.endpoint.continuous
    if View.CROSS_VALIDATION not in views(run.study):
        return np.zeros((len(features), len(asked)))
    learning = run.part(Learning)
    learned = learning.learned
    exchanges = run.made(learned.learner.step)
    seen, risks = run.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, 0)
    found = np.zeros((len(features), len(asked)))
    for draw in range(DRAWS):
        order = generator(run.study.evaluation.seed, "exchange", run.site.name, str(draw))
        moved = np.arange(len(risks))
        for fold in range(run.study.evaluation.folds):
            rows = np.flatnonzero(run.folds[0] == fold)
            moved[rows] = order.permutation(rows)
        for number, feature in enumerate(features.tolist()):
            other = risks.copy()
            for outer, fit in enumerate(learned.fits[: learned.outer]):
                if fit.view is not View.CROSS_VALIDATION or fit.repeat:
                    continue
                held = run.folds[0] == fit.fold
                design = learning.designs(outer).copy()
                column = 1 + np.flatnonzero(learned.selected[outer] == feature)
                if not column.size or not held.any():
                    continue
                design[:, column] = design[moved][:, column]
                at = learned.trainer(exchanges).coefficients[outer, learned.chosen(Arm.MODEL, outer)]
                other[held] = learned.learner.predict(design[held], at, learned.classes)
            for place, target in enumerate(asked):
                found[number, place] += ranked(other[seen], run.table.y[seen], target, continuous=continuous)[0] / DRAWS
    return found
