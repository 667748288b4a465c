"""By what the final model explains itself, from the sums of the evaluation."""

import numpy as np

from server.agreed import Agreed
from server.journal import Exchange
from shared.results.model import ExplainedFeature
from shared.study.plan import Arm, View, judged
from shared.training.explanation import MOVES, SETTINGS, explained
from shared.training.progress import Learned


def explain(agreed: Agreed, learned: Learned, exchanges: int, evaluation: Exchange) -> tuple[ExplainedFeature, ...]:
    """A part of the result for each feature that is explained.

    Parameters
    ----------
    agreed : names of the features
    learned : what was learned
    exchanges : of training
    evaluation : the exchange
    """
    totals = evaluation.totals
    features, weights = explained(learned, exchanges)
    patients = max(float(learned.class_totals[0].sum()), 1.0)
    rows = [
        place
        for place, prediction in enumerate(judged(learned.study))
        if prediction.arm is Arm.MODEL and prediction.view is View.CROSS_VALIDATION and not prediction.repeat
    ]
    pairs = np.rint(totals["all_pairs"][rows])
    lost = None
    if len(rows) and (pairs > 0).all():
        lost = ((totals["all_u"][rows] - totals["exchanged_u"]) / pairs).mean(axis=1)
    endpoint, middle, unit = learned.study.question.endpoint, 0.0, 1.0
    if endpoint.continuous:  # the score is the outcome in parts of its range
        middle, unit = endpoint.middle, endpoint.half_range
    return tuple(
        ExplainedFeature(
            feature=agreed.features[int(feature)],
            weight=float(weights[place]) * unit,
            attribution=float(totals["attributed"][place] / patients) * unit,
            moves=tuple((MOVES * unit).tolist()),
            moved=tuple(np.rint(totals["moved"][place]).astype(int).tolist()),
            settings=tuple(SETTINGS.tolist()),
            dependence=tuple(map(tuple, (middle + unit * totals["dependence"][place] / patients).T.tolist())),
            importance=float(lost[place]) if lost is not None else None,
        )
        for place, feature in enumerate(features)
    )
