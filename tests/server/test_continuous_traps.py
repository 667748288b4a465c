"""What a study of a number meets: constant outcomes, few patients, labels beyond the range, repetitions."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from server.report import render
from shared.errors import Code, MrfedError
from shared.models.registry import LEARNERS
from shared.study.plan import Arm, View
from tests.predicted_values import concordance, outcome, pairs
from tests.study_of_tables import Finished, settle, study, tables
from tests.validation.learning_equality import CASES

pytestmark = pytest.mark.slow


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
    cross = next(
        view_residuals for view_residuals in done.result.residuals if view_residuals.view is View.CROSS_VALIDATION
    )
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
    for site in sites.values():
        site["f6"] = site["f5"]
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
    alpha = next(participant for participant in done.result.participants if participant.site == "alpha")
    assert alpha.patients == 64
    assert {exclusion.reason: exclusion.patients for exclusion in alpha.exclusions} == {
        "label-outside-plausible-range": 3,
        "label-missing": 2,
        "label-unreadable": None,  # one only
    }
    assert np.abs(done.runs[0].table.y).max() <= 1


def test_an_outcome_that_is_the_same_for_all_is_refused(tmp_path: Path) -> None:
    sites = {name: table.assign(grade=30.0) for name, table in tables(0).items()}
    with pytest.raises(MrfedError, match="same outcome") as caught:
        run(tmp_path, sites, {"c": 1.0}, harmonization={"method": "none"})
    assert caught.value.code is Code.ONE_CLASS


def test_where_all_features_are_dropped_everybody_has_the_mean(tmp_path: Path) -> None:
    done = run(tmp_path, tables(0), {"c": 1.0}, selection={"false_discovery_rate": 1e-80})
    assert done.result.model.coefficients == ()
    y = np.concatenate([outcome(done, run.table.y) for run in done.runs])
    assert done.result.model.intercept == pytest.approx(y.mean(), abs=1e-9)
    values = LEARNERS["linear"].predict(np.ones((1, 1)), np.array([done.result.model.intercept]), 1)
    assert values[0, 0] == pytest.approx(y.mean(), abs=1e-9)
    assert render(done.result)


def test_a_site_that_trains_nothing_tests_the_final_model_with_an_interval(tmp_path: Path) -> None:
    sites, asked = tables(0), {"folds": 2, "leave_one_site_out": False, "external_sites": ["gamma"], "resamples": 0}
    plain = {"method": "none", "left_out_site": "transductive"}
    done = run(tmp_path, sites, {"c": 0.1}, evaluation=asked, harmonization=plain)
    told = next(view_residuals for view_residuals in done.result.residuals if view_residuals.view is View.EXTERNAL)
    [gamma] = told.sites
    assert (gamma.site, gamma.patients) == ("gamma", 90)
    assert told.agreement.patients == 90
    [(p, t)] = [pair for pair in pairs(done, Arm.MODEL, View.EXTERNAL) if len(pair[1])]
    z = np.concatenate([design[:, 1:] for design, _ in done.rows(0)])
    assert len(z) == 150
    u, n = concordance(p, t)
    assert told.within.concordance == pytest.approx(u / n, abs=1e-12)
    assert told.within.interval is not None
    assert told.within.interval.low < u / n < told.within.interval.high
    assert done.result.model.differences == (told.agreement.agreement_low, told.agreement.agreement_high)
    assert "External sites, which trained nothing" in render(done.result)


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
