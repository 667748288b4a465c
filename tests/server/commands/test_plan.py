"""`mrfed-coordinator plan`: a study measured and held against a policy before there is any data."""

import pytest
from typer.testing import CliRunner

from server import plan_check
from server.cli import app
from shared.privacy.disclosure_budget import Federation, budget
from shared.privacy.policy import Policy
from shared.study.study import Study
from tests.study_of_tables import study

FIVE = Federation(tuple("abcde"), patients=80, features=20)


def asked(**sections: object) -> Study:
    """A logistic regression in five folds, whose sums of single sites stay hidden."""
    wanted: dict[str, object] = {
        "evaluation": {"folds": 5, "leave_one_site_out": False, "resamples": 0},
        "privacy": {"minimum_patients": 10},
        "selection": {"method": "all"},
    }
    return study(2, **wanted | sections)


def planned(of: Study, federation: Federation = FIVE) -> plan_check.Plan:
    return plan_check.plan(of, federation, Policy())


def test_folds_of_five_hospitals_are_about_many_and_of_one_about_few() -> None:
    measured = budget(asked(), FIVE)
    assert measured.together > 5 * measured.alone - 1e-9
    assert measured.alone == pytest.approx(8)  # a class of 40 in five folds
    assert planned(asked()).refusals == ()


def test_each_setting_costs_what_it_adds() -> None:
    plain = budget(asked(), FIVE)
    inner = budget(asked(model={"kind": "logistic", "l1_ratio": 1.0, "penalties": 30}), FIVE)
    assert inner.together < plain.together / 2
    assert inner.per_value > 10 * plain.per_value
    fewer = budget(asked(training={"max_iterations": 6}), FIVE)
    assert fewer.per_value < plain.per_value
    assert budget(asked(), Federation(FIVE.sites, 160, 20)).per_value == pytest.approx(plain.per_value / 2)


def test_a_rare_class_is_what_sums_are_about() -> None:
    rare = budget(asked(), Federation(FIVE.sites, 80, 20, rarest=10))
    assert rare.alone == pytest.approx(2)
    assert any(
        "the minimum here is 10" in one for one in planned(asked(), Federation(FIVE.sites, 80, 20, rarest=10)).refusals
    )


def test_too_many_coefficients_are_refused_with_the_hospitals_own_words() -> None:
    wide = Federation(FIVE.sites, patients=80, features=300)
    (refusal,) = planned(asked(), wide).refusals
    assert "coefficients" in refusal
    passing = [change.setting for change in plan_check.changes(asked(), wide, Policy()) if not change.plan.refusals]
    assert "selection.shortlist: 20" in passing


def test_the_command_says_why_and_what_would_help(tmp_path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(asked().model_dump_json())
    good = CliRunner().invoke(app, ["plan", str(path), "--features", "20"])
    assert good.exit_code == 0, good.output
    assert "The hospitals could approve it." in good.output
    bad = CliRunner().invoke(app, ["plan", str(path), "--features", "300"])
    assert bad.exit_code == 1
    assert "The hospitals would refuse it:" in bad.output
    assert "It would pass with: selection.shortlist: 20" in bad.output
    assert max(map(len, good.output.split("\n"))) <= 100


def test_a_looser_policy_is_read_from_a_file(tmp_path) -> None:
    path, rules = tmp_path / "study.yaml", tmp_path / "policy.yaml"
    path.write_text(asked().model_dump_json())
    rules.write_text("{patients_per_coefficient: 0, reason: the data are public}")
    found = CliRunner().invoke(app, ["plan", str(path), "--features", "300", "--policy", str(rules)])
    assert found.exit_code == 0, found.output
