"""A site that trains nothing: the final model meets its patients frozen, and nothing of it has a say in the model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from client import approval_words
from client.derived.harmonised import Harmonised
from server.report import render
from server.report.findings import findings
from shared.metrics import delong
from shared.plan import Arm, View
from shared.result import Result
from shared.study import Study
from simulations.comparison.compare import compare
from tests.validation.learning_equality import Finished, settle, study, tables

TRAINED, EXTERNAL, C = 240, "delta", 0.4
SITES = ("alpha", "beta", "gamma", EXTERNAL)


def asked(**changes: object) -> Study:
    evaluation = {"folds": 2, "resamples": 20, "inner_folds": 2, "external_sites": [EXTERNAL], "permutations": 2}
    return study(
        2,
        **{
            "model": {"c": C},
            "harmonization": {"method": "combat", "left_out_site": "own_patients", "own_patients": 10},
            "evaluation": evaluation,
            "comparators": {"margin": 0.1},
            "federation": {"sites": SITES, "quorum": 4, "deadline_s": 60},
            **changes,
        },
    )


def of_sites() -> dict[str, pd.DataFrame]:
    return {**tables(2), EXTERNAL: tables(2, seed=9)["beta"]}


def run(folder: Path, of_all: dict[str, pd.DataFrame]) -> Finished:
    return Finished.run(asked(), settle(folder, of_all), folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return run(tmp_path_factory.mktemp("external"), of_sites())


def view(result: Result, which: View):  # type: ignore[no-untyped-def]
    return next(one for one in result.evaluations if one.view is which)


@pytest.mark.slow
def test_the_final_model_is_that_of_the_other_sites_and_judged_exactly_at_the_external_one(done: Finished) -> None:
    *training, outside = done.runs
    u = np.concatenate([one.part(Harmonised).u[0] for one in training])
    y = np.concatenate([one.table.y for one in training])
    scale = StandardScaler().fit(u)
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=500).fit(scale.transform(u), y)
    assert done.result.model is not None
    shown = {one.feature: one.value for one in done.result.model.coefficients}
    names = done.runs[0].table.features
    assert [shown[name] for name in names] == pytest.approx(model.coef_[0].tolist(), abs=1e-8)
    found, borrowed = outside.part(Harmonised), outside.part(Harmonised).borrowed
    score = model.decision_function(scale.transform(found.u[0][~borrowed]))
    positive = outside.table.y[~borrowed] == 1
    told = view(done.result, View.EXTERNAL)
    assert borrowed.sum() == 10
    assert told.stratified.auc == pytest.approx(roc_auc_score(positive, score), abs=1e-12)
    expected = delong.estimate(score, positive).interval()
    assert told.stratified.interval is not None
    assert (told.stratified.interval.low, told.stratified.interval.high) == pytest.approx(expected, abs=1e-9)
    assert told.pooled.patients == len(positive) == 70
    assert [one.site for one in told.sites] == [EXTERNAL]


def test_its_patients_are_judged_nowhere_else_and_train_no_arm(done: Finished) -> None:
    crossed, left_out = (view(done.result, one) for one in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE))
    assert crossed.pooled.patients == TRAINED
    assert [one.site for one in crossed.sites] == ["alpha", "beta", "gamma"]
    assert left_out.pooled.patients == TRAINED - 3 * 10
    assert {fit.site for fit in done.runs[0].fits} == {None, "alpha", "beta", "gamma"}
    outside = done.runs[-1]
    assert not any(outside.trains(fit).any() for fit in outside.fits)
    arms = {one.arm for one in done.result.comparisons if one.view is View.EXTERNAL}
    assert arms == {Arm.MODEL, Arm.UNHARMONISED, Arm.SITE}
    assert {one.train for one in done.result.transfers} == {"alpha", "beta", "gamma"}
    assert {one.test for one in done.result.transfers} == set(SITES)
    assert all(sum(one.moved) == TRAINED for one in done.result.explained)


@pytest.mark.slow
def test_nothing_of_it_bears_on_the_model(done: Finished, tmp_path: Path) -> None:
    changed, random = of_sites(), np.random.default_rng(1)
    own = changed[EXTERNAL]
    features = [one for one in own if one.startswith("f")]
    own[features] = own[features].to_numpy()[random.permutation(len(own))]
    own["grade"] = 1 - own["grade"]
    other = run(tmp_path, changed).result
    assert other.model is not None
    assert done.result.model is not None
    before, after = done.result.model, other.model
    assert [one.value for one in after.coefficients] == pytest.approx(
        [one.value for one in before.coefficients], rel=1e-9
    )
    assert after.threshold == before.threshold
    for which in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE):
        assert view(other, which).stratified == view(done.result, which).stratified
    assert view(other, View.EXTERNAL).stratified.auc != view(done.result, View.EXTERNAL).stratified.auc
    assert other.chance is not None
    assert done.result.chance is not None
    assert other.chance.aucs == pytest.approx(done.result.chance.aucs, abs=1e-12)


def test_the_report_and_the_approval_say_so(done: Finished) -> None:
    page = render(done.result)
    assert page.index("External sites, which trained nothing") < page.index("Sites that the model had not seen")
    assert "delta (external)" in page
    assert "Every patient is scored by the final model, frozen" in page
    assert findings(done.result)[0].startswith("At external sites, which trained nothing, the model ranked")
    assert "at delta, which train nothing" in " ".join(approval_words.computed(done.study))


@pytest.mark.slow
def test_it_is_compared_with_pooling_too(tmp_path: Path) -> None:
    found = compare(asked(), settle(tmp_path / "sites", of_sites()), tmp_path / "compared")[0]
    assert [(one.name, one.difference) for one in found.quantities if not one.holds] == []
    assert any("external-site" in one.name for one in found.quantities)
    lines = {(one.arm, one.view): one for one in found.lines}
    assert lines[("pooled", "external-site")].auc == pytest.approx(lines[("federated", "external-site")].auc, abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluation": {"external_sites": ["omega"]}}, "omega is none of federation.sites"),
        ({"evaluation": {"external_sites": ["gamma", "delta"]}}, "fewer than 3 sites to train"),
        ({"privacy": {"site_sums": "hidden"}, "evaluation": {"leave_one_site_out": False}}, "site_sums"),
        ({"harmonization": {"reference_site": "delta"}}, "reference_site among them"),
        ({"harmonization": {"transform": "rank"}}, "harmonization.transform"),
    ],
)
def test_what_would_give_it_a_say_or_leave_too_few_is_refused(changes: dict[str, dict[str, object]], said: str) -> None:
    content = asked().model_dump()
    for section, change in changes.items():
        content[section] |= change
    with pytest.raises(ValueError, match=said):
        Study.model_validate(content)
