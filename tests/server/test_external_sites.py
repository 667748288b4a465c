"""A site that trains nothing: the final model meets its patients frozen, and nothing of it has a say in the model."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from client.approval import text
from client.exchange.state.harmonized import Harmonized
from client.quality import repeated_measurements
from client.quality.repeated_measurements import Measurements, stability_file
from client.site.site_file import Columns, Site
from server.report import render
from server.report.card import card
from server.report.findings import findings
from shared.errors import MrfedError
from shared.results import bundle
from shared.results.result import Result
from shared.study.plan import Arm, LeftOutSite, View
from shared.study.study import Study
from simulations.comparison.compare import compare
from simulations.simulate import simulate
from tests.score_interval import score_interval
from tests.study_of_tables import Finished, settle, study, tables

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
    u = np.concatenate([one.part(Harmonized).u[0] for one in training])
    y = np.concatenate([one.table.y for one in training])
    scale = StandardScaler().fit(u)
    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=500).fit(scale.transform(u), y)
    assert done.result.model is not None
    shown = {one.feature: one.value for one in done.result.model.coefficients}
    names = done.runs[0].table.features
    assert [shown[name] for name in names] == pytest.approx(model.coef_[0].tolist(), abs=1e-8)
    found, calibration = outside.part(Harmonized), outside.part(Harmonized).calibration
    score = model.decision_function(scale.transform(found.u[0][~calibration]))
    positive = outside.table.y[~calibration] == 1
    told = view(done.result, View.EXTERNAL)
    assert calibration.sum() == 10
    assert told.stratified.auc == pytest.approx(roc_auc_score(positive, score), abs=1e-12)
    expected = score_interval(score, positive)
    assert told.stratified.interval is not None
    assert (told.stratified.interval.low, told.stratified.interval.high) == pytest.approx(expected, abs=1e-9)
    assert told.pooled.patients == len(positive) == 70
    assert [one.site for one in told.sites] == [EXTERNAL]


def test_its_patients_are_judged_nowhere_else_and_train_no_arm(done: Finished) -> None:
    crossed, left_out = (view(done.result, one) for one in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE))
    assert crossed.pooled.patients == TRAINED
    assert [one.site for one in crossed.sites] == ["alpha", "beta", "gamma"]
    assert left_out.pooled.patients == TRAINED - 3 * 10
    assert {fit.left_out.name for fit in done.runs[0].fits if isinstance(fit.left_out, LeftOutSite)} == {
        "alpha",
        "beta",
        "gamma",
    }
    outside = done.runs[-1]
    assert not any(outside.trains(fit).any() for fit in outside.fits)
    arms = {one.arm for one in done.result.comparisons if one.view is View.EXTERNAL}
    assert arms == {Arm.MODEL, Arm.UNHARMONIZED, Arm.SITE}
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


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    """With everything that sites learn together before training: the study with the external site, and without it."""
    found = {}
    for name, names in {"with": SITES, "without": SITES[:-1]}.items():
        wanted = asked(
            harmonization={
                "method": "combat",
                "left_out_site": "own_patients",
                "own_patients": 10,
                "transform": "rank",
                "batch": "scanner",
                "joined": ["A"],
                "probe": {"deals": 4, "trees": 3, "depth": 2, "rules": 4},
            },
            stability={"sites": 0.5, "unmeasured": "keep"},
            comparators={},
            evaluation={"folds": 2, "resamples": 0, "external_sites": [EXTERNAL] if EXTERNAL in names else []},
            federation={"sites": names, "quorum": len(names), "deadline_s": 60},
        )
        folder = tmp_path_factory.mktemp(name)
        made = {one: table.assign(scanner=np.resize(["A", "B"], len(table))) for one, table in of_sites().items()}
        columns = Columns(scanner="scanner")
        sites = [
            one.model_copy(update={"columns": columns}) for one in settle(folder, {one: made[one] for one in names})
        ]
        for site in sites:
            if site.name != EXTERNAL:  # nobody was measured there, who has no vote
                measure(site, wanted, made[site.name])
        found[name] = Finished.run(wanted, sites, folder)
    return found


def measure(site: Site, wanted: Study, table: pd.DataFrame) -> None:
    """Ten patients seven times: f0 depends on who draws, f1 does not."""
    random, some = np.random.default_rng(len(site.name)), table.head(10)
    noise = random.normal(size=(10, 7, 2)) * (9.0, 0.01)
    values = some[["f0", "f1"]].to_numpy()[:, None] + noise
    path = stability_file(site, wanted, readers=False)
    repeated_measurements.write(path, Measurements(("f0", "f1"), some["patient"].to_numpy(dtype=str), values))


@pytest.mark.slow
def test_what_sites_learn_together_before_training_is_what_it_is_without_an_external_one(
    prepared: dict[str, Finished],
) -> None:
    """Transformed features, votes on stable ones, joined scanners, labels dealt to probes, and all that follows."""
    ours, without = prepared["with"].result, prepared["without"].result
    assert [one.step for one in ours.exchanges] == [one.step for one in without.exchanges]
    values = [{one.feature: one.value for one in result.model.coefficients} for result in (ours, without)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)
    assert "f0" not in values[0]
    assert [one.stable for one in ours.stability] == [one.stable for one in without.stability]
    assert (ours.stability[0].votes, ours.stability[0].voices, ours.stability[0].patients) == (0, 3, 30)
    for which in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE):
        assert view(ours, which).stratified == view(without, which).stratified
    assert ours.site_probes is not None
    assert ours.site_probes == without.site_probes
    told = view(ours, View.EXTERNAL)
    assert [one.site for one in told.sites] == [EXTERNAL]
    assert told.stratified.auc is not None
    assert told.stratified.auc > 0.6
    assert render(ours)


@pytest.mark.slow
def test_an_external_site_is_transformed_and_harmonized_by_what_the_others_agreed(
    prepared: dict[str, Finished],
) -> None:
    inside, outside = prepared["with"].runs[0].part(Harmonized), prepared["with"].runs[-1].part(Harmonized)
    np.testing.assert_array_equal(outside.agreed.consensus.alpha, inside.agreed.consensus.alpha)
    shared, own = outside.combat(0).joined, outside.effects(0, outside.fitted(0)).features
    assert set(shared) == {"A"}
    np.testing.assert_array_equal(own["A"].gamma_hat, shared["A"].gamma_hat)
    assert set(shared["A"].count) == {120}  # of all training sites that have this scanner
    assert len(own) == 2  # its other scanner from its own patients
    assert np.abs(np.median(outside.u[0], axis=0)).max() < 0.5


def test_a_scanner_of_two_sites_that_train_is_not_joined_with_that_of_an_external_one(tmp_path: Path) -> None:
    made = {one: table.assign(scanner="A" if one != "gamma" else "B") for one, table in of_sites().items()}
    sites = [one.model_copy(update={"columns": Columns(scanner="scanner")}) for one in settle(tmp_path, made)]
    joining = {"method": "combat", "left_out_site": "own_patients", "batch": "scanner", "joined": ["A"]}
    with pytest.raises(MrfedError, match=r"joined across 2 site\(s\) \(alpha, beta\)"):
        simulate(asked(harmonization=joining), sites, tmp_path / "out")


def test_the_report_and_the_approval_say_so(done: Finished) -> None:
    page = render(done.result)
    assert "trained on\nthe patients of alpha, beta and gamma." in page
    assert "trained on the other folds of alpha, beta and gamma." in page
    assert "Departments read IHC" not in page, "the endpoint is a grade"
    assert bundle.of_result(done.result).trained_at == ("alpha", "beta", "gamma")
    assert re.search(r"delta \d+ \(external: trained nothing\)", card(done.result))
    assert page.index("External sites, which trained nothing") < page.index("Sites that the model had not seen")
    assert "delta (external)" in page
    assert "Every patient is scored by the final model, frozen" in page
    assert findings(done.result)[0].startswith("At external sites, which trained nothing, the model ranked")
    assert "at delta, which train nothing" in " ".join(text.computed(done.study))


@pytest.mark.slow
def test_it_is_compared_with_pooling_too(tmp_path: Path) -> None:
    found = compare(asked(), settle(tmp_path / "sites", of_sites()), tmp_path / "compared")[0]
    assert [(one.name, one.difference) for one in found.quantities if not one.holds] == []
    assert any("external-site" in one.name for one in found.quantities)
    lines = {(one.arm, one.view): one for one in found.lines}
    assert lines[("pooled", "external-site")].value == pytest.approx(
        lines[("federated", "external-site")].value, abs=1e-12
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"evaluation": {"external_sites": ["omega"]}}, "omega is none of federation.sites"),
        ({"evaluation": {"external_sites": ["gamma", "delta"]}}, "fewer than 3 sites to train"),
        ({"privacy": {"site_sums": "hidden"}, "evaluation": {"leave_one_site_out": False}}, "site_sums"),
        ({"harmonization": {"reference_site": "delta"}}, "reference_site: delta trains nothing.* name a site"),
        (
            {
                "federation": {"dishonest": 1},
                "privacy": {"masked": False},
                "evaluation": {"leave_one_site_out": False},
            },
            "quorum of 6 sites or more, external ones counted",
        ),
    ],
)
def test_what_would_give_it_a_say_or_leave_too_few_is_refused(changes: dict[str, dict[str, object]], said: str) -> None:
    content = asked().model_dump()
    for section, change in changes.items():
        content[section] |= change
    with pytest.raises(ValueError, match=said):
        Study.model_validate(content)
