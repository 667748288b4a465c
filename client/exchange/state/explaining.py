"""By what the model explains itself on the site's patients (`shared.training.explanation`)."""

import numpy as np

from client.exchange.run import Run
from client.exchange.state.learning import Learning
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.folds import generator
from shared.metrics.concordance import ranked
from shared.study.plan import Arm, Fold, View, explains, targets, views
from shared.training.explanation import DRAWS, MOVES, SETTINGS, attribution, dependence, explained, moves

_FINAL = 0


def explaining(run: Run) -> dict[str, Array]:
    """Sums over all patients under the final model, and over those of each fold under the model that left them out."""
    if not explains(run.study):
        return _nothing(run, 0)
    learning = run.part(Learning)
    learned = learning.learned
    exchanges = run.made(learned.learner.step)
    features, weights = explained(learned, exchanges)
    design = learning.rows(_FINAL)[0]
    if not len(features) or not len(design):  # a site that trains nothing has no rows
        return _nothing(run, len(features))
    columns = 1 + np.array([np.flatnonzero(learned.selected[_FINAL] == feature)[0] for feature in features])
    at = learned.trainer(exchanges).coefficients[_FINAL, learned.chosen(Arm.MODEL, _FINAL)]
    return {
        **attribution(moves(learned.learner, at, design, weights, columns)),
        "dependence": dependence(lambda held: learned.learner.predict(held, at, _classes(run)), design, columns),
        "exchanged_u": _exchanged(run, features),
    }


def _classes(run: Run) -> int:
    return max(len(run.study.question.endpoint.classes), 1)


def _nothing(run: Run, features: int) -> dict[str, Array]:
    return {
        "attributed": np.zeros(features),
        "moved": np.zeros((features, len(MOVES) - 1)),
        "dependence": np.zeros((features, len(SETTINGS), _classes(run))),
        "exchanged_u": np.zeros((features, len(targets(run.study)))),
    }


def _exchanged(run: Run, features: Array) -> Array:
    """(m, targets) pairs ranked rightly in cross-validation where a feature's values go to others of the fold here."""
    judged_classes, continuous = targets(run.study), run.study.question.endpoint.continuous
    if View.CROSS_VALIDATION not in views(run.study):
        return np.zeros((len(features), len(judged_classes)))
    learning = run.part(Learning)
    learned = learning.learned
    exchanges = run.made(learned.learner.step)
    seen, risks = run.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, 0)
    rightly_ranked = np.zeros((len(features), len(judged_classes)))
    for draw in range(DRAWS):
        order = generator(run.study.evaluation.seed, "exchange", run.site.name, str(draw))
        moved = np.arange(len(risks))
        for fold in range(run.study.evaluation.folds):
            rows = np.flatnonzero(run.folds[0] == fold)
            moved[rows] = order.permutation(rows)
        for number, feature in enumerate(features.tolist()):
            permuted = risks.copy()
            for outer, fit in enumerate(learned.fits[: learned.outer]):
                if not isinstance(fit.left_out, Fold) or fit.left_out.repeat:
                    continue
                held = run.folds[0] == fit.left_out.number
                design = learning.designs(outer).copy()
                column = 1 + np.flatnonzero(learned.selected[outer] == feature)
                if not column.size or not held.any():
                    continue
                design[:, column] = design[moved][:, column]
                at = learned.trainer(exchanges).coefficients[outer, learned.chosen(Arm.MODEL, outer)]
                permuted[held] = learned.learner.predict(design[held], at, learned.classes)
            for place, target in enumerate(judged_classes):
                u, _ = ranked(permuted[seen], run.table.y[seen], target, continuous=continuous)
                rightly_ranked[number, place] += u / DRAWS
    return rightly_ranked
