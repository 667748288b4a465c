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
        return next(line for line in self.found.lines if (line.arm, line.view, line.measure) == (arm, view, measure))

    def pairs(self, arm: Arm, view: View) -> list[tuple[np.ndarray, np.ndarray]]:
        """Predicted and observed values of every site, in per cent."""
        sites = []
        for run in self.runs:
            seen, values = run.part(Judgement).evaluated(arm, view, 0)
            sites.append((50 + 50 * values[seen, 0], 50 + 50 * run.table.y[seen]))
        return sites


def with_age() -> dict[str, pd.DataFrame]:
    """The tables of all sites, with a clinical variable that tells nothing."""
    of_sites = tables(0)
    for number, site in enumerate(of_sites.values()):
        site["age"] = np.random.default_rng(number).normal(50, 8, len(site)).round()
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
    comparison = compare(asked, sites, folder / "compared")[0]
    return Compared(comparison, runs_of(asked, sites, comparison.result, "compare1"))


def test_every_quantity_is_that_of_the_pooled_table(compared: Compared) -> None:
    wrong = [(quantity.name, quantity.difference) for quantity in compared.found.quantities if not quantity.holds]
    assert wrong == []
    names = " ".join(quantity.name for quantity in compared.found.quantities)
    for wanted in (
        "ComBat", "sums of the outcome", "products", "strength", "selected features", "penalties chosen",
        "coefficients of every penalty", "optimality", "predictions", "concordance of each site", "R²", "RMSE",
        "calibration", "95 % limits, left-out-site", "patients by error", "fifths", "its baselines", "differences from",
        "held-out loss", "final penalty", "final model", "candidates", "nomogram", "linear SHAP", "importance",
        "concordance under shuffled labels", "own model at each site",
    ):  # fmt: skip
        assert wanted in names
    counted = {quantity.name: quantity.compared for quantity in compared.found.quantities}
    assert counted["concordance of each site, left-out-site"] == 3
    assert counted["95 % limits, left-out-site"] == 10
    assert counted["predictions of patients, cross-validation"] == 240
    # the model, without harmonization, clinical variables, both, volume, site
    assert counted["predictions of the model and its baselines, cross-validation"] == 6 * 240
    assert counted["differences from the model and their limits, left-out-site"] == 5 * 3


def test_another_outcome_or_another_number_in_the_result_shows(compared: Compared) -> None:
    changed = Pooled(compared.runs)
    changed.y[0] += 0.01
    wrong = {
        quantity.name for quantity in certificate(compared.found.result, compared.runs, changed) if not quantity.holds
    }
    for wanted in ("sums of the outcome", "products of", "strength", "coefficients of every", "optimality", "RMSE"):
        assert any(name.startswith(wanted) for name in wrong), wanted
    assert not any(name.startswith("features after ComBat") for name in wrong)
    result = compared.found.result
    first, volume = (
        result.residuals[0],
        next(line for line in result.compared if line.arm is Arm.VOLUME and line.view.frozen),
    )
    assert first.within.concordance is not None
    assert volume.rmse is not None
    within = first.within.model_copy(update={"concordance": first.within.concordance + 1e-6})
    worse = volume.model_copy(update={"rmse": volume.rmse + 1e-3})
    lied = result.model_copy(
        update={
            "residuals": (first.model_copy(update={"within": within}), *result.residuals[1:]),
            "compared": tuple(worse if line == volume else line for line in result.compared),
        }
    )
    wrong = {
        quantity.name for quantity in certificate(lied, compared.runs, Pooled(compared.runs)) if not quantity.holds
    }
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
        p, t = (np.concatenate([site[k] for site in of_sites]) for k in (0, 1))
        own_p, own_t = (np.concatenate([site[k] - site[k].mean() for site in of_sites]) for k in (0, 1))
        assert compared.line(name, view, R_SQUARED).value == pytest.approx(r2_score(own_t, own_p), abs=1e-9)
        assert compared.line(name, view, RMSE).value == pytest.approx(root_mean_squared_error(t, p), abs=1e-9)


def test_federated_is_pooled_and_is_held_against_each_site_alone(compared: Compared) -> None:
    for view in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE):
        pooled, federated = (compared.line(arm, view, CONCORDANCE) for arm in (POOLED, FEDERATED))
        assert (pooled.value, pooled.difference) == pytest.approx((federated.value, 0), abs=1e-9)
        assert (pooled.no_worse, federated.no_worse) == (True, None)
    lines = {
        measure: compared.line(LOCAL, View.CROSS_VALIDATION, measure) for measure in (CONCORDANCE, R_SQUARED, RMSE)
    }
    for measure, line in lines.items():
        federated = compared.line(FEDERATED, View.CROSS_VALIDATION, measure)
        assert line.difference == pytest.approx(federated.value - line.value)
        assert line.low < line.value < line.high
        assert line.difference_low < line.difference < line.difference_high
        # paired: the same patients make both good or bad
        assert line.difference_high - line.difference_low < line.high - line.low
    assert lines[CONCORDANCE].no_worse is (lines[CONCORDANCE].difference_low > -0.05)
    assert [lines[measure].no_worse for measure in (R_SQUARED, RMSE)] == [None, None]


def test_drawn_intervals_are_those_of_rows_drawn_one_by_one(compared: Compared) -> None:
    random, draws = np.random.default_rng(4), []
    own, alone = (compared.pairs(arm, View.CROSS_VALIDATION) for arm in (Arm.MODEL, Arm.ALONE))
    for _ in range(300):
        rows = [random.integers(len(t), size=len(t)) for _, t in own]
        draws.append(
            [rmse([(p[drawn], t[drawn]) for (p, t), drawn in zip(arm, rows, strict=True)]) for arm in (own, alone)]
        )
    drawn, line = np.array(draws), compared.line(LOCAL, View.CROSS_VALIDATION, RMSE)
    of_own, of_alone = rmse(own), rmse(alone)
    limits = widened(of_alone, drawn[:, 1])
    # 300 draws know an end to about a tenth of the width
    assert (line.low, line.high) == pytest.approx(limits, abs=0.15 * np.ptp(limits))
    apart = widened(of_own - of_alone, drawn[:, 0] - drawn[:, 1])
    assert (line.difference_low, line.difference_high) == pytest.approx(apart, abs=0.15 * np.ptp(apart))


def rmse(of_sites: list[tuple[np.ndarray, np.ndarray]]) -> float:
    return root_mean_squared_error(*(np.concatenate([site[k] for site in of_sites]) for k in (1, 0)))


def widened(value: float, drawn: np.ndarray) -> np.ndarray:
    """Central 95 % of draws of independent patients, 2.25 times as variable because these train each other's models."""
    return value + np.sqrt(2.25) * (np.quantile(drawn, [0.025, 0.975]) - value)


def test_what_is_printed_and_written(
    compared: Compared, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    show([compared.found])
    printed = capsys.readouterr().err
    for words in (CONCORDANCE, R_SQUARED, RMSE, "no worse", "yes, by", "half range"):
        assert words in printed
    written = json.loads(write([compared.found], tmp_path).read_text())[0]
    assert {line["measure"] for line in written["arms"]} == {CONCORDANCE, R_SQUARED, RMSE}
    assert all(quantity["holds"] for quantity in written["certificate"])
    assert len(spreads([compared.found])) == len(compared.found.lines) == 3 * 5


def test_a_finished_run_is_certified_on_synthetic_rows_within_the_range(compared: Compared, tmp_path: Path) -> None:
    write_report(compared.found.result, tmp_path / "real")
    certified = CliRunner().invoke(
        app, ["certify", str(tmp_path / "real" / "result.json"), "--out", str(tmp_path / "out")]
    )
    assert certified.exit_code == 0, certified.output
    written = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert all(line["holds"] for line in written[0]["certificate"])
    for participant in compared.found.result.participants:
        drawn = pd.read_csv(tmp_path / "out" / "synthetic" / participant.site / "synthetic.csv")
        assert len(drawn) == participant.patients
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
    comparison = compare(asked, settle(tmp_path / "sites", with_age()), tmp_path / "compared")[0]
    assert [(quantity.name, quantity.difference) for quantity in comparison.quantities if not quantity.holds] == []
    counted = {quantity.name: quantity.compared for quantity in comparison.quantities}
    assert counted["sums of the outcome and its squares, every fit"] == 2 * 3 * (1 + inner)
    assert all(line.no_worse is None for line in comparison.lines)  # the study sets no margin


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
    comparison = compare(Study.model_validate(content), ispy1_sites, tmp_path)[0]
    assert [(quantity.name, quantity.difference) for quantity in comparison.quantities if not quantity.holds] == []
    within = comparison.result.residuals[0].within
    patients = [participant.patients for participant in comparison.result.participants]
    assert within.pairs < 0.99 * sum(n * (n - 1) / 2 for n in patients)
