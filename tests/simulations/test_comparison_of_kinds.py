"""Local, pooled and federated of several classes, and of models that averages and single sites' trees make."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.metrics.bootstrap import resampled_u_of_classes
from shared.study.plan import Arm, View
from simulations.certificate.local_models import local_models
from simulations.comparison.compare import Comparison, compare, runs_of
from simulations.comparison.comparison_line import FEDERATED, LOCAL, POOLED
from simulations.pooled import Pooled
from tests.study_of_tables import settle, study, tables

pytestmark = pytest.mark.slow

CASES: dict[str, tuple[int, str, dict[str, object]]] = {
    "multinomial": (3, "multiclass", {"kind": "multinomial", "c": 0.5}),
    "ordinal": (3, "ordinal", {"kind": "ordinal", "c": 1.0}),
    "boosting": (2, "", {"kind": "boosting", "trees": 4, "depth": 2}),
    "mlp": (2, "", {"kind": "mlp", "hidden": 3, "local_steps": 5}),
    "forest": (3, "ordinal", {"kind": "forest", "trees": 5, "least_patients": 5}),
    "lda": (2, "", {"kind": "lda"}),
}
EXACT = {"multinomial", "ordinal", "boosting", "lda"}


@dataclass
class Compared:
    name: str
    found: Comparison
    runs: list[Run]

    def line(self, arm: str, view: str):  # type: ignore[no-untyped-def]
        return next(line for line in self.found.lines if (line.arm, line.view) == (arm, view))

    def risks(self, arm: Arm, view: View) -> list[tuple[np.ndarray, np.ndarray]]:
        """What every site's patients are predicted, and their classes."""
        return [(run.part(Judgement).evaluated(arm, view, 0)[1], run.table.y.astype(int)) for run in self.runs]


@pytest.fixture(scope="module", params=list(CASES))
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    classes, kind, model = CASES[request.param]
    folder = tmp_path_factory.mktemp("kinds")
    asked = study(
        classes,
        kind,
        model=model,
        training={"max_iterations": 20},
        evaluation={"folds": 2, "resamples": 400, "explain": False},
        comparators={"without_harmonization": False, "site_identity": False, "margin": 0.1},
    )
    sites = settle(folder / "sites", tables(classes))
    comparison = compare(asked, sites, folder / "compared")[0]
    return Compared(request.param, comparison, runs_of(asked, sites, comparison.result, "compare1"))


def test_each_quantity_is_that_of_the_pooled_table_where_the_model_is(compared: Compared) -> None:
    wrong = [(quantity.name, quantity.difference) for quantity in compared.found.quantities if not quantity.holds]
    assert wrong == []
    names = {quantity.name for quantity in compared.found.quantities}
    assert ("coefficients" in names) == (compared.name in EXACT)
    for view in ("cross-validation", "left-out-site"):
        ours, pooled = compared.line(FEDERATED, view), compared.line(POOLED, view)
        if compared.name in EXACT:
            assert pooled.value == pytest.approx(ours.value, abs=1e-9)
            assert pooled.no_worse is True
        else:
            assert pooled.value != ours.value
            assert pooled.no_worse is (pooled.difference_low > -0.1)


def test_another_number_in_the_matrix_of_own_models_shows(compared: Compared) -> None:
    result = compared.found.result
    by_name = {quantity.name: quantity for quantity in local_models(result, compared.runs)}
    assert all(quantity.holds for quantity in by_name.values())
    by_scikit_learn = "each site's own model against scikit-learn" in by_name
    assert by_scikit_learn == (compared.name in ("multinomial", "ordinal", "lda"))
    cell = result.transfers[1].model_copy(update={"auc": result.transfers[1].auc + 1e-6})
    lied = result.model_copy(update={"transfers": (result.transfers[0], cell, *result.transfers[2:])})
    wrong = [quantity.name for quantity in local_models(lied, compared.runs) if not quantity.holds]
    assert wrong == ["each site's own model at each site"]


def test_the_auc_is_the_mean_over_classes_of_pairs_within_sites(compared: Compared) -> None:
    classes = CASES[compared.name][0]
    for arm, name in ((Arm.MODEL, FEDERATED), (Arm.ALONE, LOCAL)):
        aucs = []
        for target in range(classes) if classes > 2 else (1,):
            right, pairs = 0.0, 0
            for risks, y in compared.risks(arm, View.CROSS_VALIDATION):
                own_pairs = int((y == target).sum() * (y != target).sum())
                right, pairs = right + own_pairs * roc_auc_score(y == target, risks[:, target]), pairs + own_pairs
            aucs.append(right / pairs)
        assert compared.line(name, "cross-validation").value == pytest.approx(np.mean(aucs), abs=1e-12)


def test_the_interval_on_left_out_sites_is_as_wide_as_patients_drawn_anew_say(compared: Compared) -> None:
    pooled, alone = (compared.line(way, "left-out-site") for way in (POOLED, FEDERATED))
    if compared.name in EXACT:
        assert pooled.difference_high - pooled.difference_low == pytest.approx(0, abs=1e-9)
        return
    assert pooled.difference == pytest.approx(alone.value - pooled.value, abs=1e-12)
    classes = CASES[compared.name][0]
    asked, table = range(classes) if classes > 2 else (1,), Pooled(compared.runs)
    u, pairs, theirs = 0.0, 0, table.evaluated(View.LEFT_OUT_SITE)[1]
    ours = compared.risks(Arm.MODEL, View.LEFT_OUT_SITE)
    for place, (risks, y) in zip(table.places, ours, strict=True):
        both = [
            resampled_u_of_classes(values, y, asked, 4000, np.random.default_rng(5))
            for values in (risks, theirs[place.rows])
        ]
        u, pairs = u + both[0] - both[1], pairs + np.array([(y == label).sum() * (y != label).sum() for label in asked])
    # the two networks rank but a handful of pairs otherwise, of which drawing patients anew makes whole or none
    width = 0.3 if compared.name == "mlp" else 0.1
    # 2.25 times the variance of independent patients, who train each other's models here
    drawn = (u / pairs).mean(axis=1).std() * np.sqrt(2.25) * 2 * 1.96
    assert pooled.difference_high - pooled.difference_low == pytest.approx(drawn, rel=width)


def test_external_sites_and_classes_that_are_too_few_to_be_shown_are_certified(tmp_path: Path) -> None:
    """Three classes, of which some sites hide theirs; with baselines."""
    of_sites = tables(3) | {"delta": tables(3, seed=5)["alpha"]}
    for number, site in enumerate(of_sites.values()):
        site["age"] = np.random.default_rng(number).normal(50, 8, len(site)).round()
    asked = study(
        3,
        model={"kind": "multinomial", "c": 0.3},
        evaluation={
            "folds": 2, "inner_folds": 2, "resamples": 0, "leave_one_site_out": False,
            "external_sites": ["delta"],
        },
        comparators={
            "without_harmonization": False, "each_site_alone": False, "volume": "f3",
            "clinical": [{"column": "age", "kind": "continuous"}],
        },
        privacy={"site_sums": "derivable", "minimum_patients": 24},
        federation={"sites": list(of_sites), "quorum": 3, "deadline_s": 60},
    )  # fmt: skip
    comparison = compare(asked, settle(tmp_path / "sites", of_sites), tmp_path / "compared")[0]
    assert [(quantity.name, quantity.difference) for quantity in comparison.quantities if not quantity.holds] == []
    counted = {quantity.name: quantity.compared for quantity in comparison.quantities}
    shown = [site.auc is not None for view in comparison.result.evaluations for site in view.sites]
    assert any(shown)
    assert not all(shown)
    assert counted["risks of the model and its baselines, external-site"] == 5 * 70
    assert counted["risks of the model and its baselines, cross-validation"] == 5 * 240
    # three classes of whoever trains the final fit, its two inner fits, two folds, and the inner fits of each
    assert counted["risks of training patients against scikit-learn and SciPy"] == 3 * 4 * 240


def test_an_external_site_of_one_class_ranks_nobody_and_is_certified(tmp_path: Path) -> None:
    sites = tables(2)
    sites["delta"] = sites["alpha"].assign(patient=lambda rows: "delta-" + rows["patient"].str[-3:], grade=0)
    asked = study(
        2,
        evaluation={
            "folds": 2,
            "resamples": 5,
            "leave_one_site_out": False,
            "explain": False,
            "external_sites": ["delta"],
        },
        federation={"sites": list(sites), "quorum": 4, "deadline_s": 60},
    )
    comparison = compare(asked, settle(tmp_path / "sites", sites), tmp_path / "compared")[0]
    assert [quantity.name for quantity in comparison.quantities if not quantity.holds] == []
    external = [comparison for comparison in comparison.result.comparisons if comparison.view is View.EXTERNAL]
    assert external
    assert all(line.auc is None and line.pooled_auc is None and line.brier is not None for line in external)
