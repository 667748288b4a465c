"""The matrix of training sites and test sites of a study, made once more by hand."""

import numpy as np
import pytest

from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.local_models import LocalModels
from client.exchange.state.predictions import Judgement
from shared.metrics.concordance import concordance
from shared.models.registry import LEARNERS
from shared.study.plan import Arm, View
from tests.study_of_tables import Finished


def assert_each_sites_model_is_tried_at_each(done: Finished) -> None:
    """Every cell is that of the site's own model on the other's patients, and at home of the folds."""
    cells = {(transfer.train, transfer.test): transfer for transfer in done.result.transfers}
    names = [run.site.name for run in done.runs]
    assert set(cells) == {(train, test) for train in names for test in names}
    for train in done.runs:
        for test in done.runs:
            cell = cells[(train.site.name, test.site.name)]
            if train is test:
                predicted = test.part(Judgement).evaluated(Arm.ALONE, View.CROSS_VALIDATION, 0)[1]
                assert cell.interval is None
            else:
                predicted = _by_hand(train, test)
                assert (cell.interval is not None) == (predicted.shape[1] <= 2)
            assert cell.auc == pytest.approx(_ranked(test, predicted), abs=1e-12)


def _by_hand(train: Run, test: Run) -> np.ndarray:
    trained = train.part(LocalModels).trained
    learned = trained.learned
    chosen = learned.selected[0][learned.selected[0] >= 0]
    mean, sd = learned.standard.mean[0, chosen], learned.standard.sd[0, chosen]
    z = np.nan_to_num((test.part(Harmonized).raw[0][:, chosen] - mean) / sd)
    room = learned.selected.shape[1] - len(chosen)  # columns that other fits need
    design = np.concatenate([np.ones((len(z), 1)), z, np.zeros((len(z), room))], axis=1)
    kind = train.study.model.kind
    return LEARNERS[kind].predict(design, trained.coefficients(0), len(train.study.question.endpoint.classes))


def _ranked(test: Run, predicted: np.ndarray) -> float:
    if predicted.shape[1] == 1:
        return concordance(predicted[:, 0], test.table.y).index
    classes = range(predicted.shape[1]) if predicted.shape[1] > 2 else (1,)
    return float(np.mean([_of_class(predicted, test.kind == label, label) for label in classes]))


def _of_class(risks: np.ndarray, positive: np.ndarray, target: int) -> float:
    """All pairs; two risks that are one but for rounding by what is left to the other classes."""
    left = np.delete(risks, target, axis=1).sum(axis=1)
    u = 0.0
    for positive_row in np.flatnonzero(positive):
        for other in np.flatnonzero(~positive):
            first, second = risks[positive_row, target], risks[other, target]
            if first == second == 1:
                first, second = left[other], left[positive_row]
            u += (first > second) + (first == second) / 2
    return u / (positive.sum() * (~positive).sum())
