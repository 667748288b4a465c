"""Three classes at three synthetic sites: one against the others, calls and their report."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from client.site.site_file import Columns, Data, Site
from server.report import render
from server.report.findings import findings
from shared.results.result import Result
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations.simulate import simulate
from tests.conftest import table_of

NAMES = ("alpha", "beta", "gamma")
IHC = np.array(["0", "1+", "3+"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, list[Run]]:
    plan = Study.model_validate(
        {
            "name": "three-classes",
            "title": "Three classes",
            "question": {"endpoint": "her2-three-classes", "patients": "simulated"},
            "governance": {"ethics": "none needed", "data_use": "synthetic", "expires": "2099-12-31"},
            "model": {"kind": "multinomial"},
            "evaluation": {"folds": 3, "permutations": 3, "resamples": 20},
            "harmonization": {"own_patients": 4},
            "privacy": {"site_sums": "derivable", "minimum_patients": 3},
            "federation": {"sites": NAMES, "quorum": 2, "deadline_s": 5},
        }
    )
    folder, sites = tmp_path_factory.mktemp("three"), []
    for seed, name in enumerate(NAMES):
        (folder / name).mkdir()
        table = table_of(name, 30 + 6 * seed, seed)
        kind = np.arange(len(table)) % 3
        table["f0"] += kind
        table.assign(ihc=IHC[kind]).to_csv(folder / name / "t.csv", index=False)
        data, columns = Data(features=folder / name / "t.csv"), Columns(ihc="ihc", ish="ish")
        sites.append(Site(name=name, data=data, columns=columns, feature_columns="f", workspace=folder / name / "w"))
    result = simulate(plan, sites, folder / "coordinator")
    found = [approval.latest(site.workspace, plan.digest) for site in sites]
    return result, [Run(site, one, "simulation") for site, one in zip(sites, found, strict=True) if one is not None]


@pytest.mark.slow
def test_each_class_against_the_others_within_sites_is_scikit_learns(finished: tuple[Result, list[Run]]) -> None:
    result, runs = finished
    for target, name in enumerate(("zero", "low", "positive")):
        told = next(
            evaluation
            for evaluation in result.evaluations
            if evaluation.view is View.CROSS_VALIDATION and evaluation.target == name
        )
        right, pairs = 0.0, 0
        for run, site in zip(runs, told.sites, strict=True):
            seen, risks = run.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, 0)
            positive = run.kind[seen] == target
            expected = roc_auc_score(positive, risks[seen, target])
            assert site.auc == pytest.approx(expected, abs=1e-12)
            here = int(positive.sum() * (~positive).sum())
            right, pairs = right + expected * here, pairs + here
        assert told.stratified.auc == pytest.approx(right / pairs, abs=1e-12)
        assert told.pooled.calibration.patients


def test_calls_are_those_of_the_largest_risk_at_every_site(finished: tuple[Result, list[Run]]) -> None:
    result, runs = finished
    calls = next(class_call for class_call in result.class_calls if class_call.view is View.CROSS_VALIDATION)
    kinds, called = [], []
    for run, told in zip(runs, calls.sites, strict=True):
        seen, risks = run.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, 0)
        kinds.append(run.kind[seen])
        called.append(risks[seen].argmax(axis=1))
        assert told.recall == pytest.approx(recall_score(kinds[-1], called[-1], average=None), abs=1e-12)
    whole = confusion_matrix(np.concatenate(kinds), np.concatenate(called))
    assert np.array(calls.matrix).tolist() == whole.tolist()


def test_the_report_judges_each_class_and_the_mean_of_all(finished: tuple[Result, list[Run]]) -> None:
    result, _ = finished
    sentences = findings(result)
    aucs = [evaluation.stratified.auc for evaluation in result.evaluations if evaluation.view is View.LEFT_OUT_SITE]
    assert f"the AUC within sites is {np.mean([auc for auc in aucs if auc is not None]):.2f}" in sentences[0]
    page = render(result)
    mean = np.mean([auc for auc in aucs if auc is not None])
    assert f"<dt>AUC within sites</dt><dd>{mean:.2f}<small>mean over 3 classes" in page
    assert "Departments read IHC" in page
    for name in ("zero", "low", "positive"):
        assert f"{name} against the others" in page
        assert f"called {name}" in page
    assert "What chance gives" in page
    chance = result.chance
    assert chance is not None
    crossed = [
        comparison.auc
        for comparison in result.comparisons
        if comparison.arm is Arm.MODEL and comparison.view is View.CROSS_VALIDATION
    ]
    assert chance.auc == pytest.approx(np.mean([one for one in crossed if one is not None]), abs=1e-12)
