"""A study whose endpoint is a number: regression, selection, evaluation and prediction."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress
from sklearn.feature_selection import f_regression
from sklearn.metrics import mean_absolute_error, r2_score

from client import prediction
from client import table as site_table
from client.commands import predict
from client.derived.judgement import Judgement
from client.derived.learning import Learning
from client.derived.shuffled import Shuffled
from server.outcome import carry_out, write
from server.report import render
from server.report.card import card
from server.report.findings import findings
from server.report.held_against import claims
from server.report.survey import render as show_survey
from server.stages.survey import _of_number
from shared import bundle
from shared.errors import Code, MrfedError
from shared.models.registry import LEARNERS
from shared.plan import Arm, View
from shared.survey import Survey
from simulations.leakage import audit
from simulations.ownership import coordinator_key
from simulations.simulate import federation_of
from tests.own_models import assert_each_sites_model_is_tried_at_each
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


def outcome(done: Finished, scaled: np.ndarray) -> np.ndarray:
    endpoint = done.study.question.endpoint
    return endpoint.middle + endpoint.half_range * scaled


def pairs(done: Finished, arm: Arm, view: View) -> list[tuple[np.ndarray, np.ndarray]]:
    """Predicted and observed values of every site, in the endpoint's unit."""
    found = []
    for run in done.runs:
        seen, values = run.part(Judgement).evaluated(arm, view, 0)
        found.append((outcome(done, values[seen, 0]), outcome(done, run.table.y[seen])))
    return found


def concordance(p: np.ndarray, t: np.ndarray) -> tuple[float, int]:
    """By going through all pairs."""
    u, count = 0.0, 0
    for one in range(len(t)):
        for other in range(one):
            if t[one] != t[other]:
                count += 1
                u += ((p[one] - p[other]) * (t[one] - t[other]) > 0) + (p[one] == p[other]) / 2
    return u, count


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
    for arm in (Arm.CLINICAL, Arm.VOLUME, Arm.COMBINED, Arm.UNHARMONISED, Arm.SITE):
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
    assert {Arm.CLINICAL, Arm.VOLUME, Arm.COMBINED, Arm.UNHARMONISED, Arm.SITE} == set(found)
    lines = {one.arm: one for one in done.result.compared if one.view is View.LEFT_OUT_SITE}
    random, of_model = np.random.default_rng(2), pairs(done, Arm.MODEL, View.LEFT_OUT_SITE)
    for arm in (Arm.VOLUME, Arm.UNHARMONISED):
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
        # 200 draws know a standard deviation to 5 %
        assert low == pytest.approx(-lines[arm].difference - 1.96 * np.std(drawn), abs=0.3 * 1.96 * np.std(drawn))
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
    # with labels that lie elsewhere the values move there
    own.assign(grade=(own["grade"] - 15).clip(0)).to_csv(delta.data.features, index=False)
    table = site_table.load(delta, trained.study, delta.data.features, labelled=False)
    again = prediction.predict(delta, trained, table)
    assert "held against" in again.lines[-1]
    moved = np.array([one.value for one in again.patients if not one.outside])
    assert moved.mean() == pytest.approx(np.mean([one.value for one in inside]) - 12, abs=8)


# -- traps


def run(folder: Path, of_sites: dict[str, pd.DataFrame], model: dict[str, object], **changes: object) -> Finished:
    quiet = {"without_harmonization": False, "site_identity": False, "each_site_alone": False}
    asked = study(0, **{"model": {"kind": "linear", **model}, "comparators": quiet, **changes})
    return Finished.run(asked, settle(folder, of_sites), folder)


def test_a_site_of_one_outcome_and_one_of_three_patients_take_part(tmp_path: Path) -> None:
    sites = tables(0)
    sites["alpha"]["grade"] = 40.0
    sites["beta"] = sites["beta"].head(3)
    changed = {"privacy": {"site_sums": "derivable", "minimum_patients": 3}}
    done = run(tmp_path, sites, {"c": 1.0}, harmonization={"method": "none"}, **changed)
    cross = next(one for one in done.result.residuals if one.view is View.CROSS_VALIDATION)
    alpha, beta, gamma = cross.sites
    assert (alpha.concordance, alpha.correlation) == (None, None)
    assert alpha.rmse is not None
    assert beta.patients == 3
    assert gamma.concordance is not None
    assert cross.groups is not None
    assert sum(cross.groups.patients) == 160  # beta's three are in no group
    # without gamma the three of beta and the constant of alpha train a model all the same
    assert done.result.model.training.unusable == ()
    assert render(done.result)


def test_collinear_features_without_a_penalty_have_the_solution_of_least_norm(tmp_path: Path) -> None:
    sites = tables(0)
    for one in sites.values():
        one["f6"] = one["f5"]
    done = run(tmp_path, sites, {"penalties": 0}, harmonization={"method": "none"})
    parts = done.rows(0)
    z, y = np.concatenate([d[:, 1:] for d, _ in parts]), np.concatenate([t for _, t in parts])
    expected = np.linalg.lstsq(z - z.mean(axis=0), y - y.mean(), rcond=1e-9)[0]
    np.testing.assert_allclose(done.trainer.coefficients[0, 0, 1:], expected, atol=1e-9)


def test_fewer_patients_than_features_need_a_penalty(tmp_path: Path) -> None:
    sites = {}
    for number, (name, one) in enumerate(tables(0).items()):
        more = np.random.default_rng(number).normal(size=(13, 60))
        sites[name] = one.head(13).join(pd.DataFrame(more, columns=[f"fx{k}" for k in range(60)]))
    ridge = run(tmp_path / "ridge", sites, {"c": 0.01}, harmonization={"method": "none"})
    for quantity, difference, tolerance in CASES["ridge"].compare(ridge):
        assert difference <= tolerance, quantity
    with pytest.raises(MrfedError, match="settle no model of kind: linear") as caught:
        run(tmp_path / "none", sites, {"penalties": 0}, harmonization={"method": "none"})
    assert caught.value.code is Code.DATA_INCONSISTENT


def test_labels_beyond_the_range_or_missing_are_left_out_and_counted(tmp_path: Path) -> None:
    sites = tables(0)
    sites["alpha"]["grade"] = sites["alpha"]["grade"].astype(object)
    sites["alpha"].loc[[0, 1, 2], "grade"] = [1000.0, -0.1, 100.01]
    sites["alpha"].loc[[3, 4], "grade"] = [np.nan, np.inf]
    sites["alpha"].loc[5, "grade"] = "high"
    done = run(tmp_path, sites, {"c": 1.0}, harmonization={"method": "none"})
    alpha = next(one for one in done.result.participants if one.site == "alpha")
    assert alpha.patients == 64
    assert {one.reason: one.patients for one in alpha.exclusions} == {
        "label-outside-plausible-range": 3,
        "label-missing": 2,
        "label-unreadable": None,  # one only
    }
    assert np.abs(done.runs[0].table.y).max() <= 1


def test_an_outcome_that_is_the_same_for_all_is_refused(tmp_path: Path) -> None:
    sites = {name: one.assign(grade=30.0) for name, one in tables(0).items()}
    with pytest.raises(MrfedError, match="same outcome") as caught:
        run(tmp_path, sites, {"c": 1.0}, harmonization={"method": "none"})
    assert caught.value.code is Code.ONE_CLASS


def test_where_all_features_are_dropped_everybody_has_the_mean(tmp_path: Path) -> None:
    done = run(tmp_path, tables(0), {"c": 1.0}, selection={"false_discovery_rate": 1e-80})
    assert done.result.model.coefficients == ()
    y = np.concatenate([outcome(done, one.table.y) for one in done.runs])
    assert done.result.model.intercept == pytest.approx(y.mean(), abs=1e-9)
    values = LEARNERS["linear"].predict(np.ones((1, 1)), np.array([done.result.model.intercept]), 1)
    assert values[0, 0] == pytest.approx(y.mean(), abs=1e-9)
    assert render(done.result)


def test_a_site_that_trains_nothing_tests_the_final_model_with_an_interval(tmp_path: Path) -> None:
    sites, asked = tables(0), {"folds": 2, "leave_one_site_out": False, "external_sites": ["gamma"], "resamples": 0}
    plain = {"method": "none", "left_out_site": "transductive"}
    done = run(tmp_path, sites, {"c": 0.1}, evaluation=asked, harmonization=plain)
    told = next(one for one in done.result.residuals if one.view is View.EXTERNAL)
    [gamma] = told.sites
    assert (gamma.site, gamma.patients) == ("gamma", 90)
    assert told.agreement.patients == 90
    [(p, t)] = [one for one in pairs(done, Arm.MODEL, View.EXTERNAL) if len(one[1])]
    z = np.concatenate([design[:, 1:] for design, _ in done.rows(0)])
    assert len(z) == 150
    u, n = concordance(p, t)
    assert told.within.concordance == pytest.approx(u / n, abs=1e-12)
    assert told.within.interval is not None
    assert told.within.interval.low < u / n < told.within.interval.high
    assert done.result.model.differences == (told.agreement.agreement_low, told.agreement.agreement_high)
    assert "External sites, which trained nothing" in render(done.result)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"selection": {"method": "stability"}, "evaluation": {"inner_folds": 3}}, "4 or more"),
        ({"harmonization": {"keep_endpoint": True}}, "keep_endpoint"),
        ({"model": {"kind": "lda"}}, "set model.kind to linear"),
        ({"model": {"kind": "boosting"}}, "set model.kind to linear"),
    ],
)
def test_what_needs_classes_is_refused_in_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        study(0, **{"model": {"kind": "linear"}, **changes})


@pytest.mark.parametrize("plausible", [None, [5, 5], [10, 0], [0, float("inf")]])
def test_a_number_needs_its_range(plausible: list[float] | None) -> None:
    endpoint = {"kind": "continuous", "column": "grade", "plausible": plausible}
    with pytest.raises(ValueError, match="plausible"):
        study(0, model={"kind": "linear"}, question={"endpoint": endpoint, "patients": "simulated"})


def test_only_linear_regression_goes_without_a_penalty() -> None:
    with pytest.raises(ValueError, match="penalties: 0 is of kind: linear"):
        study(2, model={"kind": "logistic", "penalties": 0})


def test_a_survey_counts_who_has_a_number(tmp_path: Path) -> None:
    asked = study(0, model={"kind": "linear"}, purpose="feasibility")
    found = carry_out(federation_of(asked, settle(tmp_path, tables(0)), tmp_path / "coordinator"))
    assert isinstance(found, Survey)
    assert [(one.usable, one.classes) for one in found.sites] == [(70, ()), (80, ()), (90, ())]
    assert found.prospects == ()
    (number,) = found.prospects_of_number
    assert (number.sites, number.patients) == (("alpha", "beta", "gamma"), 240)
    # 240 patients less three means: 2.8016 / sqrt(235), back from Fisher's z
    assert number.detectable_correlation == pytest.approx(np.tanh(2.8016 / np.sqrt(235)), abs=1e-4)
    medium = next(one for one in number.power if one.correlation == 0.3)
    assert medium.concordance == pytest.approx(0.5 + np.arcsin(0.3) / np.pi)
    assert 0.98 < medium.by_concordance < medium.by_correlation < 1
    page = show_survey(found)
    assert "With the 240 usable patients of alpha, beta, gamma" in page
    assert "power, by concordance" in page
    # a site that hides its count is in no prospect
    hidden = tuple(one.model_copy(update={"usable": None}) for one in found.sites)
    assert list(_of_number(hidden, asked)) == []
    (fewer,) = _of_number((*hidden[:2], found.sites[2]), asked)
    assert (fewer.sites, fewer.patients) == (("gamma",), 90)
    assert "nothing can be said of power" in show_survey(found.model_copy(update={"prospects_of_number": ()}))
    assert write(found, tmp_path / "out", coordinator_key(tmp_path / "coordinator"), ()).is_file()


def test_the_audit_of_leaks_turns_left_out_patients_round(tmp_path: Path) -> None:
    """Nor do those of an external site bear on the final model, whose features halves of the others' patients chose."""
    evaluation = {"folds": 2, "inner_folds": 4, "leave_one_site_out": False, "external_sites": ["gamma"]}
    chosen = {"method": "stability", "most": 3, "threshold": 0.7}
    asked = study(0, model={"kind": "linear"}, selection=chosen, evaluation={**evaluation, "resamples": 0})
    sites = settle(tmp_path, tables(0))
    found = audit(asked, sites, tmp_path / "audit")
    assert [(one.fit, one.leaks) for one in found] == [("final", False), ("fold-1", False), ("fold-2", False)]
    changed = tmp_path / "audit" / "fold-1" / "alpha" / "features.csv"
    was, now = (pd.read_csv(one) for one in (sites[0].data.features, changed))
    assert 20 < (was["f0"] != now["f0"]).sum() <= 36


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


def test_repetitions_give_the_floor_of_noise_and_a_repeated_run_the_same_result(tmp_path: Path) -> None:
    asked = {"folds": 2, "repeats": 3, "resamples": 0, "leave_one_site_out": False}
    hidden = {"site_sums": "hidden", "minimum_patients": 5}
    first, again = (
        run(tmp_path / name, tables(0), {"c": 0.1}, evaluation=asked, privacy=hidden) for name in ("first", "again")
    )
    [line] = first.result.compared
    assert line.spread is not None
    assert line.interval is not None
    assert 0 < line.spread < 0.05
    assert line.interval.low <= line.concordance <= line.interval.high
    assert first.result.fingerprint == again.result.fingerprint
