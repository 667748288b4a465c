"""Every model of classes in a whole study: training, threshold, evaluation, bundle, and a hospital that predicts."""

from pathlib import Path

import numpy as np
import pytest

from client.cohort import table as site_table
from client.prediction import predict
from server.report import render
from server.report.card import card
from shared.models.registry import LEARNERS
from shared.results import bundle
from simulations.ownership import coordinator_key
from tests.local_models import assert_each_sites_model_is_tried_at_each
from tests.study_of_tables import Finished, settle, tables
from tests.validation.learning_equality import CASES, finished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[name for name, case in CASES.items() if case.classes])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Finished]:
    """The study of one case, once for all tests."""
    return request.param, finished(request.param, tmp_path_factory.mktemp("case"))


def test_the_model_of_every_fit_is_that_of_the_pooled_table(done: tuple[str, Finished]) -> None:
    name, study = done
    assert study.result.model.training.converged
    assert study.result.model.training.unusable == ()
    for quantity, difference, tolerance in CASES[name].compare(study):
        assert difference <= tolerance, quantity


def test_it_is_evaluated_in_every_view_and_class(done: tuple[str, Finished]) -> None:
    _, study = done
    result, classes = study.result, study.learned.classes
    shown = [(one.view, one.target) for one in result.evaluations]
    assert len(set(shown)) == 2 * (1 if classes == 2 else classes)
    # the classes were made from three of the features: every model finds some of that in patients whom it has not seen
    last = [one for one in result.evaluations if one.target in ("", f"grade {classes - 1}")]
    assert all(one.stratified.auc is not None and one.stratified.auc > 0.6 for one in last)
    assert all(one.pooled.patients == 240 for one in result.evaluations)
    assert (result.model.threshold is not None) == (classes == 2)
    if result.model.threshold is not None:
        assert 0 < result.model.threshold < 1
    assert "SIMULATED" in render(result)


def test_every_site_tries_the_model_of_every_other(done: tuple[str, Finished]) -> None:
    _, study = done
    assert_each_sites_model_is_tried_at_each(study)
    learned = study.learned
    size = learned.learner.size(study.study.model, learned.selected.shape[1], learned.classes, places=3)
    assert study.trainer.coefficients.shape[2] == size


def test_a_hospital_outside_gets_the_same_model_from_the_bundle(done: tuple[str, Finished], tmp_path: Path) -> None:
    name, study = done
    path = tmp_path / bundle.NAME
    bundle.write(path, bundle.of_result(study.result), card(study.result), coordinator_key(tmp_path))
    trained = bundle.read(path).model
    [delta] = settle(tmp_path, {"delta": tables(CASES[name].classes, seed=9)["beta"].assign(grade=np.nan)})
    assert delta.data.features is not None
    table = site_table.load(delta, trained.study, delta.data.features, labelled=False)
    found = [one for one in predict.predict(delta, trained, table).patients if not one.outside]
    assert len(found) > 70
    # by hand: the harmonized features, standardized as in training, through the final model
    u = predict.join(table, trained, apart=True).u
    place = [table.features.index(one.feature) for one in trained.model.coefficients]
    mean, sd = (np.array([getattr(one, name) for one in trained.model.coefficients]) for name in ("mean", "sd"))
    design = np.concatenate([np.ones((len(u), 1)), (u[:, place] - mean) / sd], axis=1)
    at = study.trainer.coefficients[0, study.learned.chosen(study.learned.tasks[0].arm, 0)]
    risk = LEARNERS[trained.study.model.kind].predict(design, at, study.learned.classes)[:, -1]
    own = {str(patient): value for patient, value in zip(table.patients, risk, strict=True)}
    expected = np.array([own[one.patient] for one in found])
    ranks = np.array([one.rank for one in found])
    apart = np.abs(expected[:, None] - expected) > 1e-9
    assert (np.sign(ranks[:, None] - ranks)[apart] == np.sign(expected[:, None] - expected)[apart]).all()
