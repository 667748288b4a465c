"""Local, pooled and federated: three ways to the same question, on the same patients and folds."""

from collections.abc import Sequence

import numpy as np

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.study.plan import Arm, View, views
from simulations.comparison import ranking_of_classes, ranking_of_regression
from simulations.comparison.comparison_line import FEDERATED, LOCAL, POOLED, ComparisonLine
from simulations.pooled import Pooled


def lines(runs: Sequence[Run], pooled: Pooled) -> list[ComparisonLine]:
    """Every arm in every view that it has, by every measure.

    Parameters
    ----------
    runs : every site's part in a run that has finished
    pooled : the same study on one table
    """
    of = ranking_of_regression if pooled.study.question.endpoint.continuous else ranking_of_classes
    every = []
    for view in views(pooled.study):
        predicted = {FEDERATED: _federated(runs, Arm.MODEL, view), POOLED: pooled.evaluated(view)[1]}
        if view is View.CROSS_VALIDATION and pooled.study.comparators.each_site_alone:
            predicted[LOCAL] = _federated(runs, Arm.ALONE, view)
        for arm in (LOCAL, POOLED, FEDERATED):
            if arm in predicted:
                every += of.lines(arm, view, predicted[arm], predicted[FEDERATED], pooled)
    return every


def _federated(runs: Sequence[Run], arm: Arm, view: View) -> Array:
    return np.concatenate([run.part(Judgement).evaluated(arm, view, 0)[1] for run in runs])
