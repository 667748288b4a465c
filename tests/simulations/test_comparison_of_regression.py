"""Local, pooled and federated where the endpoint is a number: a nested elastic net with ComBat, through masks."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import somersd
from sklearn.metrics import r2_score, root_mean_squared_error
from typer.testing import CliRunner

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from client.site.site_file import Site
from server.report.page import write as write_report
from shared.study import study as study_file
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations.certificate.certificate import certificate
from simulations.cli import app
from simulations.commands.compare import show
from simulations.comparison.compare import Comparison, compare, runs_of, spreads, write
from simulations.comparison.comparison_line import FEDERATED, LOCAL, POOLED, ComparisonLine
from simulations.comparison.ranking_of_regression import CONCORDANCE, R_SQUARED
from simulations.pooled import Pooled
from tests.study_of_tables import settle, study, tables

pytestmark = pytest.mark.slow
RMSE = "RMSE, %"
AGE = {"column": "age", "kind": "continuous"}
QUIET = {"without_harmonization": False, "site_identity": False}


@dataclass
class Compared:
    found: Comparison
    runs: list[Run]

    def line(self, arm: str, view: View, measure: str) -> ComparisonLine:
        return next(one for one in self.found.lines if (one.arm, one.view, one.measure) == (arm, view, measure))

    def pairs(self, arm: Arm, view: View) -> list[tuple[np.ndarray, np.ndarray]]:
        """Predicted and observed values of every site, in per cent."""
        found = []
        for run in self.runs:
            seen, values = run.part(Judgement).evaluated(arm, view, 0)
            found.append((50 + 50 * values[seen, 0], 50 + 50 * run.table.y[seen]))
        return found


def with_age() -> dict[str, pd.DataFrame]:
    """The tables of all sites, with a clinical variable that tells nothing."""
    of_sites = tables(0)
    for number, one in enumerate(of_sites.values()):
        one["age"] = np.random.default_rng(number).normal(50, 8, len(one)).round()
    return of_sites


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    folder = tmp_path_factory.mktemp("numbers")
    asked = study(
        0,
        model={"kind": "linear", "l1_ratio": 0.5, "penalties": 6, "smallest_penalty": 0.01},
        selection={"false_discovery_rate": 0.5, "correlation": 0.95},
        harmonization={"method": "combat", "own_patients": 10, "covariates": [AGE]},
        evaluation={"folds": 2, "inner_folds": 2, "resamples": 0, "permutations": 2},
        comparators={"margin": 0.05, "volume": "f3", "clinical": [AGE]},
    )
    sites = settle(folder / "sites", with_age())
    found = compare(asked, sites, folder / "compared")[0]
    return Compared(found, runs_of(asked, sites, found.result, "compare1"))


def test_every_quantity_is_that_of_the_pooled_table(compared: Compared) -> None:
    wrong = [(one.name, one.difference) for one in compared.found.quantities if not one.holds]
    assert wrong == []
    names = " ".join(one.name for one in compared.found.quantities)
    for wanted in (
        "ComBat", "sums of the outcome", "products", "strength", "selected features", "penalties chosen",
        "coefficients of every penalty", "optimality", "predictions", "concordance of each site", "R²", "RMSE",
        "calibration", "95 % limits, left-out-site", "patients by error", "fifths", "its baselines", "differences from",
        "held-out loss", "final penalty", "final model", "candidates", "nomogram", "linear SHAP", "importance",
        "concordance under shuffled labels", "own model at each site",
    ):  # fmt: skip
        assert wanted in names
    counted = {one.name: one.compared for one in compared.found.quantities}
    assert counted["concordance of each site, left-out-site"] == 3
    assert counted["95 % limits, left-out-site"] == 10
    assert counted["predictions of patients, cross-validation"] == 240
    # the model, without harmonization, clinical variables, both, volume, site
    assert counted["predictions of the model and its baselines, cross-validation"] == 6 * 240
    assert counted["differences from the model and their limits, left-out-site"] == 5 * 3


def test_another_outcome_or_another_number_in_the_result_shows(compared: Compared) -> None:
    changed = Pooled(compared.runs)
    changed.y[0] += 0.01
    wrong = {one.name for one in certificate(compared.found.result, compared.runs, changed) if not one.holds}
    for wanted in ("sums of the outcome", "products of", "strength", "coefficients of every", "optimality", "RMSE"):
        assert any(one.startswith(wanted) for one in wrong), wanted
    assert not any(one.startswith("features after ComBat") for one in wrong)
    told = compared.found.result
    first, volume = told.residuals[0], next(one for one in told.compared if one.arm is Arm.VOLUME and one.view.frozen)
    assert first.within.concordance is not None
    assert volume.rmse is not None
    within = first.within.model_copy(update={"concordance": first.within.concordance + 1e-6})
    worse = volume.model_copy(update={"rmse": volume.rmse + 1e-3})
    lied = told.model_copy(
        update={
            "residuals": (first.model_copy(update={"within": within}), *told.residuals[1:]),
            "compared": tuple(worse if one == volume else one for one in told.compared),
        }
    )
    wrong = {one.name for one in certificate(lied, compared.runs, Pooled(compared.runs)) if not one.holds}
    assert wrong == {
        "concordance within sites, cross-validation",
        "measures of the model and its baselines, left-out-site",
    }


@pytest.mark.parametrize("view", [View.CROSS_VALIDATION, View.LEFT_OUT_SITE])
def test_measures_are_those_of_the_patients(compared: Compared, view: View) -> None:
    arms = {FEDERATED: Arm.MODEL} | ({LOCAL: Arm.ALONE} if view is View.CROSS_VALIDATION else {})
    for name, arm in arms.items():
        of_sites = compared.pairs(arm, view)
        pairs = [(t[:, None] < t).sum() for _, t in of_sites]
        ranked = [(somersd(t, p).statistic + 1) / 2 for p, t in of_sites]
        assert compared.line(name, view, CONCORDANCE).value == pytest.approx(
            np.average(ranked, weights=pairs), abs=1e-9
        )
        p, t = (np.concatenate([one[k] for one in of_sites]) for k in (0, 1))
        own_p, own_t = (np.concatenate([one[k] - one[k].mean() for one in of_sites]) for k in (0, 1))
        assert compared.line(name, view, R_SQUARED).value == pytest.approx(r2_score(own_t, own_p), abs=1e-9)
        assert compared.line(name, view, RMSE).value == pytest.approx(root_mean_squared_error(t, p), abs=1e-9)


def test_federated_is_pooled_and_is_held_against_each_site_alone(compared: Compared) -> None:
    for view in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE):
        pooled, federated = (compared.line(arm, view, CONCORDANCE) for arm in (POOLED, FEDERATED))
        assert (pooled.value, pooled.difference) == pytest.approx((federated.value, 0), abs=1e-9)
        assert (pooled.no_worse, federated.no_worse) == (True, None)
    told = {measure: compared.line(LOCAL, View.CROSS_VALIDATION, measure) for measure in (CONCORDANCE, R_SQUARED, RMSE)}
    for measure, one in told.items():
        federated = compared.line(FEDERATED, View.CROSS_VALIDATION, measure)
        assert one.difference == pytest.approx(federated.value - one.value)
        assert one.low < one.value < one.high
        assert one.difference_low < one.difference < one.difference_high
        # paired: the same patients make both good or bad
        assert one.difference_high - one.difference_low < one.high - one.low
    assert told[CONCORDANCE].no_worse is (told[CONCORDANCE].difference_low > -0.05)
    assert [told[one].no_worse for one in (R_SQUARED, RMSE)] == [None, None]


def test_drawn_intervals_are_those_of_rows_drawn_one_by_one(compared: Compared) -> None:
    random, draws = np.random.default_rng(4), []
    own, alone = (compared.pairs(arm, View.CROSS_VALIDATION) for arm in (Arm.MODEL, Arm.ALONE))
    for _ in range(300):
        rows = [random.integers(len(t), size=len(t)) for _, t in own]
        errors = [
            np.concatenate([(p - t)[drawn] for (p, t), drawn in zip(arm, rows, strict=True)]) for arm in (own, alone)
        ]
        draws.append([np.sqrt((one**2).mean()) for one in errors])
    found = np.array(draws)
    line = compared.line(LOCAL, View.CROSS_VALIDATION, RMSE)
    # 300 draws know an end to about a tenth of the width
    width = np.ptp(np.quantile(found[:, 1], [0.025, 0.975]))
    assert (line.low, line.high) == pytest.approx(np.quantile(found[:, 1], [0.025, 0.975]), abs=0.15 * width)
    apart = np.quantile(found[:, 0] - found[:, 1], [0.025, 0.975])
    assert (line.difference_low, line.difference_high) == pytest.approx(apart, abs=0.15 * np.ptp(apart))


def test_what_is_printed_and_written(
    compared: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    show([compared.found])
    said = capsys.readouterr().err
    for words in (CONCORDANCE, R_SQUARED, RMSE, "no worse", "yes, by", "half range"):
        assert words in said
    written = json.loads(write([compared.found], tmp_path).read_text())[0]
    assert {one["measure"] for one in written["arms"]} == {CONCORDANCE, R_SQUARED, RMSE}
    assert all(one["holds"] for one in written["certificate"])
    assert len(spreads([compared.found])) == len(compared.found.lines) == 3 * 5


def test_a_finished_run_is_certified_on_synthetic_rows_within_the_range(compared: Compared, tmp_path: Path) -> None:
    write_report(compared.found.result, tmp_path / "real")
    said = CliRunner().invoke(app, ["certify", str(tmp_path / "real" / "result.json"), "--out", str(tmp_path / "out")])
    assert said.exit_code == 0, said.output
    written = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert all(line["holds"] for line in written[0]["certificate"])
    for one in compared.found.result.participants:
        drawn = pd.read_csv(tmp_path / "out" / "synthetic" / one.site / "synthetic.csv")
        assert len(drawn) == one.patients
        assert drawn["grade"].between(0, 100).all()
        assert drawn["grade"].std() > 10


@pytest.mark.parametrize(("model", "inner"), [({"c": 0.02}, 2), ({"penalties": 0}, 0)])
def test_one_penalty_or_none_is_certified_too(model: dict[str, object], inner: int, tmp_path: Path) -> None:
    """With a nomogram, whose score needs inner folds though no penalty is chosen by them; and without."""
    asked = study(
        0,
        model={"kind": "linear", **model},
        evaluation={"folds": 2, "inner_folds": 2, "resamples": 0, "leave_one_site_out": False, "explain": False},
        comparators=QUIET | {"each_site_alone": False, "clinical": [AGE] if inner else []},
    )
    found = compare(asked, settle(tmp_path / "sites", with_age()), tmp_path / "compared")[0]
    assert [(one.name, one.difference) for one in found.quantities if not one.holds] == []
    counted = {one.name: one.compared for one in found.quantities}
    assert counted["sums of the outcome and its squares, every fit"] == 2 * 3 * (1 + inner)
    assert all(one.no_worse is None for one in found.lines)  # the study sets no margin


@pytest.mark.real
def test_a_number_that_real_patients_share_is_certified_with_more_features_than_patients(
    ispy1_sites: list[Site], tmp_path: Path
) -> None:
    """Age in whole years: many pairs of a site are tied; 370 features of 139 patients."""
    content = study_file.named(Path("ispy1-radiomics")).model_dump()
    age = {"kind": "continuous", "column": "age", "plausible": [18, 100], "unit": "years"}
    content["question"] |= {"endpoint": age, "subgroup": []}
    content["harmonization"] |= {"covariates": []}
    content["selection"] = {"method": "univariate", "keep": 12}
    content["model"] = {"kind": "linear", "l1_ratio": 0.5, "penalties": 5}
    content["comparators"] = QUIET | {"each_site_alone": False}
    content["evaluation"] |= {"folds": 2, "inner_folds": 2, "leave_one_site_out": False, "explain": False}
    found = compare(Study.model_validate(content), ispy1_sites, tmp_path)[0]
    assert [(one.name, one.difference) for one in found.quantities if not one.holds] == []
    within = found.result.residuals[0].within
    patients = [one.patients for one in found.result.participants]
    assert within.pairs < 0.99 * sum(n * (n - 1) / 2 for n in patients)
