"""A study whose endpoint is a number: regression, selection, evaluation and prediction."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress
from sklearn.feature_selection import f_regression
from sklearn.metrics import mean_absolute_error, r2_score

from client.cohort import table as site_table
from client.commands import predict
from client.exchange.state.learning import Learning
from client.exchange.state.permuted import Shuffled
from client.prediction import predict as prediction
from server.report import render
from server.report.card import card
from server.report.findings import findings
from server.report.held_against import claims
from shared.results import bundle
from shared.study.plan import Arm, View
from simulations.ownership import coordinator_key
from tests.local_models import assert_each_sites_model_is_tried_at_each
from tests.predicted_values import concordance, pairs
from tests.study_of_tables import Finished, settle, study, tables
from tests.validation.learning_equality import CASES, finished

pytestmark = pytest.mark.slow
LINEAR = [name for name, case in CASES.items() if not case.classes]
NESTED = {
    "model": {"kind": "linear", "l1_ratio": 0.5, "penalties": 12, "smallest_penalty": 0.01},
    "selection": {"false_discovery_rate": 0.5, "correlation": 0.95},
    "evaluation": {"folds": 3, "inner_folds": 3, "permutations": 4, "resamples": 0},
    "comparators": {"clinical": [{"column": "age", "kind": "continuous"}], "volume": "f3", "margin": 0.1},
}


@pytest.mark.parametrize("name", LINEAR)
def test_the_model_of_every_fit_and_penalty_is_scikit_learns_on_the_pooled_table(name: str, tmp_path: Path) -> None:
    done = finished(name, tmp_path)
    assert done.result.model.training.iterations == 0  # it follows from sums that are there
    assert done.result.model.training.unusable == ()
    assert len(done.result.exchanges) == (10 if done.study.model.penalties > 1 else 9)
    for quantity, difference, tolerance in CASES[name].compare(done):
        assert difference <= tolerance, quantity


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A nested study with all baselines; some patients lack a feature."""
    folder, sites = tmp_path_factory.mktemp("continuous"), tables(0)
    for number, one in enumerate(sites.values()):
        one["age"] = np.random.default_rng(number).normal(50, 8, len(one))
        one.loc[one.index % 7 == 3, "f2"] = np.nan
    asked = study(
        0, **{**NESTED, "harmonization": {"method": "combat", "missing": "impute", "left_out_site": "transductive"}}
    )
    return Finished.run(asked, settle(folder, sites), folder)


def test_every_site_tries_the_model_of_every_other(done: Finished) -> None:
    assert_each_sites_model_is_tried_at_each(done)
    page = render(done.result)
    assert "concordance of each site" in page
    assert "Elsewhere the site's model of all its patients" in page


def test_strengths_are_scikit_learns_f_regression_in_every_fit(done: Finished) -> None:
    learned = done.learned
    for task in (0, 1, 5, len(learned.fits) - 1):
        parts = [(run.part(Learning), run.trains(run.fits[learned.tasks[task].fit])) for run in done.runs]
        z = np.concatenate([one.values(task)[rows] for one, rows in parts])
        y = np.concatenate([run.table.y[rows] for run, (_, rows) in zip(done.runs, parts, strict=True)])
        np.testing.assert_allclose(learned.strength[task], f_regression(z, y)[0], rtol=1e-9)
    final = [one.p_value for one in done.result.model.candidates]
    z = np.concatenate([run.part(Learning).values(0) for run in done.runs])
    np.testing.assert_allclose(final, f_regression(z, np.concatenate([r.table.y for r in done.runs]))[1], rtol=1e-8)


@pytest.mark.parametrize("view", [View.CROSS_VALIDATION, View.LEFT_OUT_SITE])
def test_measures_are_those_of_the_patients_of_all_sites(done: Finished, view: View) -> None:
    told = next(one for one in done.result.residuals if one.view is view)
    of_sites = pairs(done, Arm.MODEL, view)
    counted = [concordance(p, t) for p, t in of_sites]
    assert told.within.pairs == sum(n for _, n in counted)
    assert told.within.concordance == pytest.approx(sum(u for u, _ in counted) / told.within.pairs, abs=1e-12)
    p, t = (np.concatenate([one[k] for one in of_sites]) for k in (0, 1))
    p_own, t_own = (np.concatenate([one[k] - one[k].mean() for one in of_sites]) for k in (0, 1))
    found = told.agreement
    assert found.patients == len(t) == 240
    assert found.correlation == pytest.approx(np.corrcoef(p_own, t_own)[0, 1], abs=1e-9)
    assert found.r_squared == pytest.approx(r2_score(t_own, p_own), abs=1e-9)
    assert found.pooled_r_squared == pytest.approx(r2_score(t, p), abs=1e-9)
    assert found.rmse == pytest.approx(np.sqrt(((p - t) ** 2).mean()), abs=1e-9)
    assert found.mae == pytest.approx(mean_absolute_error(t, p), abs=1e-9)
    line = linregress(p, t)
    assert found.recalibrated.slope == pytest.approx(line.slope, abs=1e-9)
    assert found.recalibrated.intercept == pytest.approx(line.intercept, abs=1e-7)
    assert found.recalibrated.slope_standard_error == pytest.approx(line.stderr, abs=1e-9)
    assert found.recalibrated.intercept_standard_error == pytest.approx(line.intercept_stderr, abs=1e-7)
    spread = 1.959963984540054 * (p - t).std(ddof=1)
    assert found.agreement_low == pytest.approx((p - t).mean() - spread, abs=1e-8)
    assert found.agreement_high == pytest.approx((p - t).mean() + spread, abs=1e-8)
    for one, (own, true), (u, n) in zip(told.sites, of_sites, counted, strict=True):
        assert one.concordance == pytest.approx(u / n, abs=1e-12)
        assert one.rmse == pytest.approx(np.sqrt(((own - true) ** 2).mean()), abs=1e-9)
        assert one.bias == pytest.approx((own - true).mean(), abs=1e-9)
        assert one.recalibrated.slope == pytest.approx(linregress(own, true).slope, abs=1e-9)
        assert one.recalibrated.intercept == pytest.approx(linregress(own, true).intercept, abs=1e-7)
        assert (one.interval is not None) == (view is View.LEFT_OUT_SITE)  # of frozen models on untouched patients only
    assert (found.rmse_interval is not None) == (view is View.LEFT_OUT_SITE)
    assert sum(told.differences.patients) == 240


def test_no_group_is_of_fewer_patients_than_the_minimum_at_a_site(done: Finished) -> None:
    told = done.result.residuals[0]
    of_sites = pairs(done, Arm.MODEL, told.view)
    fifths = [np.array_split(np.argsort(p, kind="stable"), 5) for p, _ in of_sites]
    assert told.groups is not None
    assert told.groups.patients == (48,) * 5
    for group in range(5):
        observed = np.concatenate([t[rows[group]] for (_, t), rows in zip(of_sites, fifths, strict=True)])
        assert told.groups.observed[group] == pytest.approx(observed.mean(), abs=1e-9)


def test_baselines_are_on_the_same_patients_and_the_site_alone_knows_nothing(done: Finished) -> None:
    lines = {(one.arm, one.view): one for one in done.result.compared}
    model = lines[Arm.MODEL, View.LEFT_OUT_SITE]
    assert model.concordance > 0.7
    assert model.difference is None
    for arm in (Arm.CLINICAL, Arm.VOLUME, Arm.COMBINED, Arm.UNHARMONIZED, Arm.SITE):
        told = lines[arm, View.LEFT_OUT_SITE]
        counted = [concordance(p, t) for p, t in pairs(done, arm, View.LEFT_OUT_SITE)]
        assert told.concordance == pytest.approx(sum(u for u, _ in counted) / sum(n for _, n in counted), abs=1e-12)
        assert told.difference == pytest.approx(told.concordance - model.concordance)
        assert told.difference_interval is not None
    site = lines[Arm.SITE, View.CROSS_VALIDATION]
    # folds of neighbouring outcomes have nearly the same mean, so that nobody is ranked by whom a fold leaves over
    assert site.concordance == pytest.approx(0.5, abs=0.03)
    assert lines[Arm.SITE, View.LEFT_OUT_SITE].concordance == 0.5
    assert lines[Arm.ALONE, View.CROSS_VALIDATION].concordance > 0.7


def test_by_the_margin_the_model_is_no_worse_where_frozen_models_met_untouched_patients(done: Finished) -> None:
    found = {one.against: one for one in claims(done.result)}
    assert {one.view for one in found.values()} == {"left-out-site"}
    assert {Arm.CLINICAL, Arm.VOLUME, Arm.COMBINED, Arm.UNHARMONIZED, Arm.SITE} == set(found)
    lines = {one.arm: one for one in done.result.compared if one.view is View.LEFT_OUT_SITE}
    random, of_model = np.random.default_rng(2), pairs(done, Arm.MODEL, View.LEFT_OUT_SITE)
    for arm in (Arm.VOLUME, Arm.UNHARMONIZED):
        of_arm, drawn = pairs(done, arm, View.LEFT_OUT_SITE), []
        for _ in range(200):
            u, n = np.zeros(2), 0.0
            for ours, theirs in zip(of_model, of_arm, strict=True):
                rows = random.integers(len(ours[1]), size=len(ours[1]))
                for place, (p, t) in enumerate((ours, theirs)):
                    order = np.sign(np.subtract.outer(t[rows], t[rows]))
                    u[place] += ((np.sign(np.subtract.outer(p[rows], p[rows])) * order + abs(order)) / 4).sum()
                n += abs(order).sum() / 2
            drawn.append((u[0] - u[1]) / n)
        low = -lines[arm].difference_interval.high
        # 2.25 times the variance of independent patients, who train each other's models here
        half = 1.96 * np.sqrt(2.25) * np.std(drawn)
        # 200 draws know a standard deviation to 5 %
        assert low == pytest.approx(-lines[arm].difference - half, abs=0.3 * 1.96 * np.std(drawn))
        assert found[arm].holds is bool(low > -0.1)
    assert found[Arm.VOLUME].words == "no worse"
    page = render(done.result)
    assert "Concordance more" in page
    assert "by each patient's influence" in page


def test_shuffles_keep_folds_and_know_nothing(done: Finished) -> None:
    chance = done.result.chance
    assert chance is not None
    assert chance.shuffles == 4
    assert chance.auc == pytest.approx(
        next(one for one in done.result.residuals if one.view is View.CROSS_VALIDATION).within.concordance
    )
    assert all(0.35 < one < 0.65 for one in chance.aucs)
    for run in done.runs:
        for labels in run.part(Shuffled).labels:
            for fold in np.unique(run.folds[0]):
                rows = run.folds[0] == fold
                assert sorted(labels[rows]) == sorted(run.table.y[rows])
    assert not any(one.step.startswith("shuffle-train") for one in done.result.exchanges)


def test_the_report_shows_it_and_speaks_of_no_classes(done: Finished) -> None:
    page = render(done.result)
    for words in ("Concordance within sites", "Limits", "limits of agreement", "predicted mean, %", "% per standard"):
        assert words in page or words.lower() in page
    assert "ROC" not in page.partition("The study file")[0]
    assert "differ between the classes" not in page
    assert "correlate with the endpoint with p under 0.05" in page
    said = findings(done.result)
    assert any(one.startswith("At sites that the model had not seen, the model ranked") for one in said)
    assert "a value of grade in %" in card(done.result)
    explained = done.result.explained
    assert explained
    assert explained[0].importance is not None
    assert explained[0].importance > 0.02
    assert 0 < explained[0].dependence[0][4] < 100  # in the endpoint's unit


def test_what_left_of_the_outcome_is_in_the_contract_and_on_no_axis_of_patients(done: Finished) -> None:
    left = {one.quantity: one for one in done.result.departures if "shuffle" not in one.step}
    assert left["outcome_products"].shape == (1, len(done.learned.tasks), 7)
    assert "raw" in left
    assert "training_scores" not in left
    patients = {70, 80, 90, 240}
    assert not any(patients & set(one.shape) for one in left.values())


def test_a_hospital_outside_gets_numbers_with_their_unit(done: Finished, tmp_path: Path) -> None:
    path = tmp_path / bundle.NAME
    bundle.write(path, bundle.of_result(done.result), card(done.result), coordinator_key(tmp_path))
    trained = bundle.read(path).model
    own = tables(0, seed=9)["beta"].assign(age=50.0)
    [delta] = settle(tmp_path, {"delta": own.assign(grade=np.nan)})
    assert delta.data.features is not None
    table = site_table.load(delta, trained.study, delta.data.features, labelled=False)
    found = prediction.predict(delta, trained, table)
    assert found.unit == "%"
    assert "fewer than 20 labelled patients" in found.lines[-1]
    inside = [one for one in found.patients if not one.outside]
    assert len(inside) > 60
    u = prediction.join(table, trained, apart=True).u
    place = [table.features.index(one.feature) for one in trained.model.coefficients]
    mean, sd = (np.array([getattr(one, name) for one in trained.model.coefficients]) for name in ("mean", "sd"))
    z = np.nan_to_num((u[:, place] - mean) / sd)
    by_hand = trained.model.intercept + z @ np.array([one.value for one in trained.model.coefficients])
    expected = dict(zip(map(str, table.patients), by_hand, strict=True))
    np.testing.assert_allclose([one.value for one in inside], [expected[one.patient] for one in inside], rtol=1e-9)
    assert all((one.risk, one.called) == (None, None) for one in found.patients)
    assert not any("cannot be" in one for one in found.lines)
    narrow = {"plausible": (min(by_hand) + 1e-6, max(by_hand) - 1e-6)}
    endpoint = trained.study.question.endpoint.model_copy(update=narrow)
    question = trained.study.question.model_copy(update={"endpoint": endpoint})
    model = trained.model_copy(update={"study": trained.study.model_copy(update={"question": question})})
    assert "2 predicted values are outside the plausible range" in prediction.predict(delta, model, table).lines[-1]
    # with labels that lie elsewhere the values move there
    own.assign(grade=(own["grade"] - 15).clip(0)).to_csv(delta.data.features, index=False)
    table = site_table.load(delta, trained.study, delta.data.features, labelled=False)
    again = prediction.predict(delta, trained, table)
    assert "held against" in again.lines[-1]
    moved = np.array([one.value for one in again.patients if not one.outside])
    assert moved.mean() == pytest.approx(np.mean([one.value for one in inside]) - 12, abs=8)


def test_predict_writes_a_value_and_its_unit_for_each_patient(done: Finished, tmp_path: Path) -> None:
    found = prediction.Predictions(
        (
            prediction.Prediction("p1", "a", 0.5, None, None, (), 31.5),
            prediction.Prediction("p2", "a", None, None, None, ("f0",), None),
        ),
        (),
        done.study.question.endpoint.unit,
    )
    predict._write(found, tmp_path / "predictions.csv")
    written = pd.read_csv(tmp_path / "predictions.csv")
    assert list(written.columns) == ["patient", "batch", "rank", "value", "unit", "outside"]
    assert written["value"][0] == 31.5
    assert written["unit"].tolist() == ["%", "%"]
    assert np.isnan(written["value"][1])
