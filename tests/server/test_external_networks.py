"""An external site of a network study: the final network meets its pictures, and nothing of them trains it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from client.cohort import table as site_table
from client.networks import apply
from client.preparation.paths import feature_table
from client.site.site_file import Site
from server.report import render
from server.stages.network import WEIGHTS
from shared import arrays as files
from shared.results import bundle
from shared.results.evaluation import ViewEvaluation
from shared.results.result import Result
from shared.sections.federation import Federation
from shared.sections.learning import Evaluation
from shared.sections.network import Input
from shared.study.plan import View
from shared.study.study import Study
from simulations.simulate import simulate
from tests.network_hospitals import CHANNELS, hospitals, network_study, pictures
from tests.score_interval import score_interval

pytestmark = pytest.mark.slow
SITES = ("alpha", "beta", "delta", "gamma")
EXTERNAL, PATIENTS = "delta", 16


def asked() -> Study:
    """Scales of channels and of a variable are learned from sums, and some patients are held back to judge by."""
    return network_study(
        {
            "input": Input(channels=CHANNELS, size=(12, 12), intensity="common"),
            "architecture": {"name": "small_cnn", "width": 4, "norm": "batch", "variables": ["age"]},
            "strategy": {"name": "fedbn"},
            "explain": True,
        },
        {"rounds": 3, "validation": 0.2, "stop_after": 3, "learning_rate": 0.1},
        evaluation=Evaluation(folds=2, external_sites=(EXTERNAL,), resamples=20),
        federation=Federation(sites=SITES, quorum=4, deadline_s=5),
    )


def settle(folder: Path) -> list[Site]:
    return sorted([*hospitals(folder), pictures(folder / EXTERNAL, PATIENTS, seed=7)], key=lambda site: site.name)


def run(folder: Path, sites: list[Site]) -> tuple[Result, np.ndarray]:
    result = simulate(asked(), sites, folder / "out")
    return result, files.load(folder / "out" / "journal" / WEIGHTS)["weights"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Site], Result, np.ndarray]:
    folder = tmp_path_factory.mktemp("external")
    sites = settle(folder)
    return folder, sites, *run(folder, sites)


def view(result: Result, which: View) -> ViewEvaluation:
    return next(evaluation for evaluation in result.evaluations if evaluation.view is which)


def test_the_network_that_comes_out_is_judged_at_the_external_site(
    done: tuple[Path, list[Site], Result, np.ndarray],
) -> None:
    folder, sites, result, _ = done
    outside, study = sites[SITES.index(EXTERNAL)], asked()
    table = site_table.load(outside, study, feature_table(outside, study))
    logit = apply.logits(outside, bundle.of_result(result), table, bundle.beside(folder / "out" / "journal"))
    told = view(result, View.EXTERNAL)
    assert [site.site for site in told.sites] == [EXTERNAL]
    assert told.pooled.patients == PATIENTS
    assert told.stratified.auc == pytest.approx(roc_auc_score(table.y, logit), abs=1e-12)
    assert told.stratified.interval is not None
    expected = score_interval(np.asarray(logit, float), table.y == 1)
    assert (told.stratified.interval.low, told.stratified.interval.high) == pytest.approx(expected, abs=1e-6)
    assert view(result, View.CROSS_VALIDATION).pooled.patients == 42
    assert "External sites, which trained nothing" in render(result)


def test_it_trains_no_fit_and_stands_in_no_curve_and_no_explanation(
    done: tuple[Path, list[Site], Result, np.ndarray],
) -> None:
    result = done[2]
    assert result.network is not None
    assert result.network.fits == 1 + 2 + 3
    assert {one.patients for one in result.network.attention} == {42}
    for round in result.network.rounds:
        assert [loss is None for loss in round.site_loss] == [site == EXTERNAL for site in SITES]


def test_nothing_of_it_bears_on_the_network(done: tuple[Path, list[Site], Result, np.ndarray], tmp_path: Path) -> None:
    """Other labels, other ages and pictures three times as bright: the same weights, to the last bit."""
    _, _, result, weights = done
    sites = settle(tmp_path)
    index = tmp_path / EXTERNAL / "index.csv"
    own = pd.read_csv(index, dtype={"ihc": str})
    own.assign(ihc=own["ihc"].map({"0": "1+", "1+": "0"}), age=own["age"] + 40).to_csv(index, index=False)
    for path in (tmp_path / EXTERNAL / "images").glob("*.png"):
        with Image.open(path) as image:
            brighter = Image.fromarray((np.asarray(image).astype(float) * 3).clip(0, 255).astype(np.uint8))
        brighter.save(path)
    other, trained = run(tmp_path, sites)
    assert np.array_equal(trained, weights)
    assert other.network == result.network
    for which in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE):
        assert view(other, which) == view(result, which)
    assert view(other, View.EXTERNAL).stratified.auc != view(result, View.EXTERNAL).stratified.auc
