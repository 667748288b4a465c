"""When a site shows nobody the model that it trained of its own patients."""

from dataclasses import replace

import numpy as np
import pytest

from client.exchange.run import Run
from client.exchange.state.local_models import LocalModels
from shared.training.fitted_model import LARGEST, FittedModel, room
from tests.study_of_tables import Finished, settle, study, tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A site's part in a study of quadratic discriminants, which have many numbers."""
    folder = tmp_path_factory.mktemp("alone")
    asked = study(2, model={"kind": "qda", "shrinkage": 0.1}, evaluation={"folds": 2, "resamples": 0})
    return Finished.run(asked, settle(folder, tables(2)), folder).runs[0]


def under(run: Run, **policy: float) -> Run:
    """The same with another policy."""
    approval = run.approved.approval
    changed = approval.model_copy(update={"policy": approval.policy.model_copy(update=policy)})
    return Run(run.site, replace(run.approved, approval=changed), run.name)


def test_a_site_shows_its_model(run: Run) -> None:
    model = run.part(LocalModels).own_model
    assert model is not None
    assert len(model.vector) == 2 * (1 + 7 + 28)


def test_a_model_of_too_few_patients_of_a_class_is_not_shown(run: Run) -> None:
    fewest = int(np.bincount(run.kind).min())
    assert under(run, minimum_patients=fewest + 1).part(LocalModels).own_model is None


def test_a_model_that_few_patients_bear_on_is_not_shown(run: Run) -> None:
    """Many of each class, but what the model leaves unexplained lies with some of them."""
    left = np.abs(run.part(LocalModels).trained.risks(0, 0)[:, 1] - run.kind)
    effective = left.sum() ** 2 / (left**2).sum()
    assert effective < np.bincount(run.kind).min()
    assert under(run, minimum_patients=int(effective) + 1).part(LocalModels).own_model is None
    assert under(run, minimum_patients=int(effective)).part(LocalModels).own_model is not None


def test_a_model_of_more_numbers_than_the_policy_has_for_values_is_not_shown(run: Run) -> None:
    values = 7 * len(run.table.y)
    assert under(run, patients_per_coefficient=values / 72).part(LocalModels).own_model is not None
    assert under(run, patients_per_coefficient=values / 72 + 0.1).part(LocalModels).own_model is None


def test_a_site_whose_sums_stay_hidden_shows_none(run: Run) -> None:
    changed = {"privacy": {"minimum_patients": 2}, "evaluation": {"folds": 2, "leave_one_site_out": False}}
    asked = replace(run.approved, study=study(2, model={"kind": "qda"}, **changed))
    assert Run(run.site, asked, run.name).part(LocalModels).own_model is None


def test_a_row_is_the_model_again_and_a_number_too_large_to_add_none(run: Run) -> None:
    model = run.part(LocalModels).own_model
    assert model is not None
    columns = room(run.study, 9)
    back = FittedModel.of_row(model.row(columns), run.study, 9, "alpha")
    assert back is not None
    for name in ("features", "mean", "sd", "vector"):
        np.testing.assert_array_equal(getattr(back, name), getattr(model, name))
    assert not replace(model, sd=model.sd * 0 + LARGEST).row(columns).any()
    assert not replace(model, mean=model.mean * np.nan).row(columns).any()
    assert FittedModel.of_row(np.zeros(columns), run.study, 9, "alpha") is None
