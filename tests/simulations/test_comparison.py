"""Local, pooled and federated on three synthetic sites: nested LASSO, through masks."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from client.site.site_file import Columns, Data, Site
from server.report.page import write as write_report
from shared.results.model import FinalModel
from shared.results.result import Result
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations.certificate.certificate import certificate
from simulations.cli import app
from simulations.comparison.compare import Comparison, compare, runs_of, spreads, write
from simulations.comparison.comparison_line import FEDERATED, LOCAL, POOLED
from simulations.comparison.synthetic import synthetic_sites, synthetic_study
from simulations.pooled import Pooled
from tests.conftest import table_of

NAMES = ("alpha", "beta", "gamma")
AGE = {"column": "age", "kind": "continuous"}


@pytest.fixture(scope="module")
def nested() -> Study:
    return Study.model_validate(
        {
            "name": "compared",
            "title": "Three synthetic sites",
            "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
            "governance": {"ethics": "none needed", "data_use": "synthetic", "expires": "2099-12-31"},
            "harmonization": {"covariates": [AGE], "own_patients": 4},
            "selection": {"correlation": 0.9},
            "model": {"l1_ratio": 1.0, "penalties": 4},
            "evaluation": {"folds": 3, "inner_folds": 2, "resamples": 50, "permutations": 2},
            "comparators": {"margin": 0.05, "without_harmonization": False, "volume": "f3", "clinical": [AGE]},
            "privacy": {"site_sums": "derivable", "minimum_patients": 4},
            "federation": {"sites": NAMES, "quorum": 2, "deadline_s": 5},
        }
    )


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Site]:
    folder, settled = tmp_path_factory.mktemp("compared"), []
    for seed, name in enumerate(NAMES):
        (folder / name).mkdir()
        table_of(name, 24 + 6 * seed, seed).to_csv(folder / name / "t.csv", index=False)
        data, columns = Data(features=folder / name / "t.csv"), Columns(ihc="ihc", ish="ish")
        settled.append(Site(name=name, data=data, columns=columns, feature_columns="f", workspace=folder / name / "w"))
    return settled


@pytest.fixture(scope="module")
def compared(nested: Study, sites: list[Site], tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(nested, sites, tmp_path_factory.mktemp("runs"))[0]


@pytest.mark.slow
def test_every_quantity_of_the_federated_run_is_that_of_the_pooled_table(compared: Comparison) -> None:
    wrong = [(quantity.name, quantity.difference) for quantity in compared.quantities if not quantity.holds]
    assert wrong == []
    names = " ".join(quantity.name for quantity in compared.quantities)
    for wanted in (
        "ComBat", "selected features", "penalties chosen", "optimality", "AUC of each site", "AUC within sites",
        "Brier", "calibration slope", "calls by threshold", "on the grid", "95 % limits of AUC, left-out-site",
        "confusion", "strength of features", "candidates", "held-out loss", "final penalty", "final model",
        "threshold in", "nomogram", "linear SHAP", "dependence", "importance", "under shuffled labels", "and its p",
    ):  # fmt: skip
        assert wanted in names
    counted = {quantity.name: quantity.compared for quantity in compared.quantities}
    # every penalty of the final fit, three folds and three left-out sites, each with two inner folds
    assert counted["held-out loss of every penalty"] == 7 * 2 * 4
    assert counted["predictions under shuffled labels"] == 2 * 90
    # the model, clinical variables, both, volume, site
    assert counted["risks of the model and its baselines, cross-validation"] == 5 * 90
    # each differs, and so do both ends; each site alone has no view of left-out sites
    assert counted["differences from the model and their limits, cross-validation"] == 5 * 3
    assert counted["differences from the model and their limits, left-out-site"] > 5


def _lied(result: Result) -> Result:
    """The result, in which some numbers are other than they were found."""
    first, last = result.evaluations
    called = first.sites[0].called
    assert called is not None
    assert last.pooled.brier is not None
    site = first.sites[0].model_copy(update={"called": called.model_copy(update={"true_positives": 0})})
    brier = last.pooled.model_copy(update={"brier": last.pooled.brier + 1e-4})
    compared = list(result.comparisons)
    for arm, view, name, value in (
        (Arm.CLINICAL, View.LEFT_OUT_SITE, "auc", 0.5),
        (Arm.ALONE, View.CROSS_VALIDATION, "average_precision", 0.5),
    ):
        place = next(
            place for place, comparison in enumerate(compared) if (comparison.arm, comparison.view) == (arm, view)
        )
        compared[place] = compared[place].model_copy(update={name: value})
    calls = result.class_calls[0]
    turned = calls.model_copy(update={"matrix": calls.matrix[::-1]})
    assert result.chance is not None
    important = result.explained[0].model_copy(update={"importance": 0.5})
    return result.model_copy(
        update={
            "model": _lied_of_model(result.model),
            "chance": result.chance.model_copy(update={"p_value": 0.01}),
            "explained": (important, *result.explained[1:]),
            "evaluations": (
                first.model_copy(update={"sites": (site, *first.sites[1:])}),
                last.model_copy(update={"pooled": brier}),
            ),
            "comparisons": tuple(compared),
            "class_calls": (turned, *result.class_calls[1:]),
        }
    )


def _lied_of_model(model: FinalModel | None) -> FinalModel:
    assert model is not None
    assert model.tuning is not None
    assert model.combined is not None
    first, *others = model.coefficients
    strong, *rest = model.candidates
    return model.model_copy(
        update={
            "coefficients": (first.model_copy(update={"value": first.value + 1e-5}), *others),
            "threshold": 0.123,
            "combined": model.combined.model_copy(update={"intercept": model.combined.intercept + 1e-4}),
            "tuning": model.tuning.model_copy(update={"chosen": model.tuning.chosen + 1}),
            "candidates": (strong.model_copy(update={"statistic": 99.0}), *rest),
        }
    )


@pytest.mark.slow
def test_another_label_or_another_value_shows_in_the_certificate(
    compared: Comparison, nested: Study, sites: list[Site]
) -> None:
    runs = runs_of(nested, sites, compared.result, "compare1")
    relabelled = Pooled(runs)
    relabelled.y[0] = 1 - relabelled.y[0]
    wrong = {quantity.name for quantity in certificate(compared.result, runs, relabelled) if not quantity.holds}
    assert "coefficients" in wrong
    assert "features after ComBat, every fit" not in wrong
    moved = runs_of(nested, sites, compared.result, "compare1")
    lied = {
        quantity.name for quantity in certificate(_lied(compared.result), runs, Pooled(moved)) if not quantity.holds
    }
    assert lied == {
        "Brier score, left-out-site",
        "calls by threshold, cross-validation",
        "AUC of the model and its baselines, left-out-site",
        "precision and calls of the model and its baselines, cross-validation",
        "confusion and recalls, cross-validation",
        "the final model in the result",
        "the threshold in the result",
        "the nomogram in the result",
        "losses and choice of the final penalty in the result",
        "strength and p of candidates in the result",
        "importance of explained features",
        "AUC of the labels, and its p",
    }
    moved[0].table.x[0, 0] += 1e-3
    wrong = {quantity.name for quantity in certificate(compared.result, runs, Pooled(moved)) if not quantity.holds}
    assert "features after ComBat, every fit" in wrong


def test_federated_is_no_worse_than_pooled_and_beside_each_site_alone(compared: Comparison) -> None:
    lines = {(line.arm, line.view): line for line in compared.lines}
    pooled, federated = (lines[(arm, "cross-validation")] for arm in (POOLED, FEDERATED))
    assert pooled.value == pytest.approx(federated.value, abs=1e-12)
    assert (pooled.difference, pooled.difference_low, pooled.difference_high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert pooled.no_worse is True
    assert federated.no_worse is None
    local = lines[(LOCAL, "cross-validation")]
    assert local.difference == pytest.approx(federated.value - local.value, abs=1e-12)
    assert local.difference_low <= local.difference <= local.difference_high
    assert local.no_worse is (local.difference_low > -0.05)
    alone = next(comparison for comparison in compared.result.comparisons if comparison.arm == "each site alone")
    assert alone.difference_interval is not None
    assert (local.difference_low, local.difference_high) == pytest.approx(
        (-alone.difference_interval.high, -alone.difference_interval.low), abs=1e-12
    )


def test_the_spread_over_seeds_and_what_is_written(compared: Comparison, tmp_path: Path) -> None:
    assert [spread.deviation for spread in spreads([compared])] == [0.0] * len(compared.lines)
    written = json.loads(write([compared], tmp_path).read_text())
    assert [of_seed["seed"] for of_seed in written] == [1]
    assert all(line["holds"] for line in written[0]["certificate"])


def test_synthetic_rows_have_the_sizes_of_the_sites_and_none_of_their_values(
    compared: Comparison, sites: list[Site], tmp_path: Path
) -> None:
    drawn = synthetic_sites(compared.result, tmp_path)
    study = synthetic_study(compared.result)
    assert study.model == compared.result.study.model
    for site, real, participant in zip(drawn, sites, compared.result.participants, strict=True):
        assert site.data.features is not None
        assert real.data.features is not None
        table, own = (
            np.genfromtxt(path, delimiter=",", dtype=str) for path in (site.data.features, real.data.features)
        )
        assert len(table) - 1 == participant.patients
        assert sorted(table[1:, table[0] == "ihc"].ravel()) == sorted(own[1:, own[0] == "ihc"].ravel())
        assert not set(table[1:, 1:7].ravel()) & set(own[1:, 0:6].ravel())


@pytest.mark.slow
def test_a_finished_run_is_certified_on_synthetic_rows(compared: Comparison, tmp_path: Path) -> None:
    write_report(compared.result, tmp_path / "real")
    certified = CliRunner().invoke(
        app, ["certify", str(tmp_path / "real" / "result.json"), "--out", str(tmp_path / "out")]
    )
    assert certified.exit_code == 0, certified.output
    written = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert all(line["holds"] for line in written[0]["certificate"])
    assert "SIMULATED PATIENTS" in certified.output
