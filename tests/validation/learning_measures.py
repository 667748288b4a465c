"""What docs/validation-learning.md shows, measured: each part as numbers that JSON can hold."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from flwr.app import Message
from sklearn.linear_model import LogisticRegression

from client.exchange.run import Run
from client.exchange.state.learning import Learning
from client.node.app import reply
from client.preparation.prepare import prepare
from client.site.site_file import Columns, Data, Site
from client.site.site_file import load as load_site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.results.result import Result
from shared.sections.harmonization import Missing
from shared.study import study as study_file
from shared.study.plan import View
from shared.study.study import Study
from simulations import cohort, scenario
from simulations.comparison.compare import Comparison, compare, runs_of, spreads
from simulations.comparison.comparison_line import FEDERATED, LOCAL
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from simulations.simulate import simulate
from tests.conftest import REAL_DATA
from tests.validation import null_scenario as null
from tests.validation.learning_equality import rows

SEEDS, SHUFFLES, NULL_SEEDS = 3, 99, 500
FEW_SHUFFLES = 19
"""Enough for a test at 5 %."""
SHUFFLED: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "ridge logistic regression": ({"c": 0.1}, None),
    "quadratic discriminant analysis": ({"kind": "qda", "shrinkage": 0.3}, None),
    "network of 8 hidden units": ({"kind": "mlp"}, None),
    "random forest, 20 trees of each site": ({"kind": "forest"}, None),
    "XGBoost, 20 trees of each site": ({"kind": "xgboost"}, None),
    "20 boosted trees of depth 3, 16 ranges": ({"kind": "boosting"}, None),
    "8 boosted trees of depth 2, 8 ranges": ({"kind": "boosting", "trees": 8, "depth": 2, "bins": 8}, None),
    "stability selection from 30 features": ({"c": 0.1}, {"method": "stability", "shortlist": 30}),
}
"""Model and selection; 12 features of largest F where none is said."""
DEMO = Path("out/demo/cohort")
"""As `make demo` writes it."""
RUNS = Path("out/validate-learning/runs")
"""Features and runs that take long to make again."""


def equality() -> list[dict[str, Any]]:
    """Every kind of model beside its reference."""
    with tempfile.TemporaryDirectory() as folder:
        return [asdict(row) for row in rows(Path(folder))]


def ispy1_sites(folder: Path) -> list[Site]:
    """Each site of I-SPY 1 with its own table."""
    table, sites = pd.read_csv(REAL_DATA / "ispy1_radiomics" / "features.csv.gz"), []
    for name, own in table.groupby("site"):
        place = folder / str(name).lower()
        place.mkdir(parents=True)
        own.to_csv(place / "features.csv", index=False)
        sites.append(
            Site(
                name=str(name).lower(),
                data=Data(features=place / "features.csv"),
                columns=Columns(patient="patient_id", scanner="manufacturer"),
                feature_columns="T1_E_",
                workspace=place / "workspace",
            )
        )
    return sites


def ispy1() -> dict[str, Any]:
    """Univariate selection and ridge with baselines on I-SPY 1, over several seeds; shuffled labels for the first."""
    study = _ready("ispy1-radiomics")
    content = study.model_dump()
    content["selection"] = {"method": "univariate", "keep": 12}
    content["model"] = {"c": 0.1}
    content["comparators"] = {
        "clinical": [{"column": "age", "kind": "continuous"}, {"column": "hr", "kind": "continuous"}],
        "volume": "T1_E_Volumetric_Volume",
        "margin": 0.05,
    }
    content["evaluation"]["permutations"] = SHUFFLES
    words = (
        "Study: `ispy1-radiomics` with the 12 features that differ most between the classes in each fold, ridge "
        f"logistic regression (C = 0.1), {SEEDS} seeds; margin 0.05."
    )
    with tempfile.TemporaryDirectory() as folder:
        comparisons = compare(
            Study.model_validate(content), ispy1_sites(Path(folder) / "sites"), Path(folder) / "c", SEEDS
        )
    return _told(comparisons, words)


def demo() -> dict[str, Any]:
    """The demonstration's study on its cohort, over several seeds; goes on where an earlier attempt was broken off.

    Habitats are left out: pooling is not compared where patients lack a habitat, and with it features.
    """
    study = _ready("demo")
    assert study.radiomics is not None
    asked = study.model_copy(
        update={
            "radiomics": study.radiomics.model_copy(update={"habitats": None}),
            "harmonization": study.harmonization.model_copy(update={"missing": Missing.LEAVE_OUT}),
            "comparators": study.comparators.model_copy(update={"margin": 0.05}),
            "evaluation": study.evaluation.model_copy(update={"permutations": SHUFFLES}),
        }
    )
    cohort.write(scenario.load("demo"), DEMO, seed=1)
    sites = []
    for path in sorted(DEMO.glob("*/site.yaml")):
        site = load_site(path)
        sites.append(site.model_copy(update={"workspace": RUNS / "demo" / site.name}))
        prepare(sites[-1], asked, 1)
    words = (
        "Study: `demo` without its habitats, on the cohort that `make demo` writes: four simulated hospitals, "
        f"{SEEDS} seeds; margin 0.05."
    )
    return _told(compare(asked, sites, RUNS / "demo" / "compared", SEEDS), words)


def null_scenario(study: Study = null.STUDY) -> dict[str, Any]:
    """Rejections of the permutation test where there is nothing to find.

    Parameters
    ----------
    study : whose selection and model are tested
    """
    comparisons = [null.null(seed, study=study) for seed in range(NULL_SEEDS)]
    low, high = null.bounds(NULL_SEEDS)
    rejected = sum(one.p_value <= null.LEVEL for one in comparisons)
    return {
        "seeds": NULL_SEEDS,
        "shuffles": null.SHUFFLES,
        "rejected": rejected,
        "share": rejected / NULL_SEEDS,
        "low": low,
        "high": high,
        "auc": float(np.mean([one.auc for one in comparisons])),
        "at_most": {level: sum(one.p_value <= level for one in comparisons) for level in null.LEVELS},
    }


def shuffled_models() -> dict[str, Any]:
    """Labels shuffled under every kind of model on I-SPY 1: what chance gives, exchanges and bytes; once for each."""
    content, rows = _ready("ispy1-radiomics").model_dump(), []
    content["evaluation"] |= {"leave_one_site_out": False, "permutations": FEW_SHUFFLES, "explain": False}
    content["comparators"] |= {"without_harmonization": False, "each_site_alone": False}
    chosen = {"method": "univariate", "keep": 12}
    for name, (model, selection) in SHUFFLED.items():
        asked = Study.model_validate(content | {"model": model, "selection": selection or chosen})
        with tempfile.TemporaryDirectory() as folder:
            result = simulate(asked, ispy1_sites(Path(folder) / "sites"), Path(folder) / "c")
        chance = result.chance
        assert chance is not None
        rows.append(
            {
                "model": name,
                "auc": chance.auc,
                "low": chance.low,
                "high": chance.high,
                "p_value": chance.p_value,
                "exchanges": chance.exchanges,
                "megabytes": chance.bytes_up / 1e6,
                "study_exchanges": len(result.exchanges) - chance.exchanges,
                "study_megabytes": max(_sent(result).values()) / 1e6 - chance.bytes_up / 1e6,
            }
        )
    return {"shuffles": FEW_SHUFFLES, "folds": content["evaluation"]["folds"], "rows": rows}


def cost() -> dict[str, Any]:
    """The full nested study on I-SPY 1: exchanges, bytes, and processor time against scikit-learn's."""
    study = _ready("ispy1-nested")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = ispy1_sites(folder / "sites")
        grid, key = TimedGrid(sites), coordinator_key(folder)
        approve_everywhere(study, sites, key)
        began = process_time()
        result = conduct(Federation(grid, study, "cost", Journal(folder / "journal"), key, grid.nodes))
        coordinator = process_time() - began - sum(grid.spent.values())
        reference, fits = _scikit_learn(runs_of(study, sites, result, "cost"))
    return {
        "exchanges": len(result.exchanges),
        "megabytes": max(_sent(result).values()) / 1e6,
        "fits": fits,
        "coordinator": coordinator / reference,
        "site": max(grid.spent.values()) / reference,
    }


class TimedGrid(InProcessGrid):
    """Sites in this process, each with the processor time that its answers take."""

    def __init__(self, sites: list[Site]) -> None:
        super().__init__(sites)
        self.spent = {site.name: 0.0 for site in sites}

    def answered(self, message: Message, site: Site) -> Message:
        """Let a site answer, and take its time."""
        began = process_time()
        found = reply(message, site)
        self.spent[site.name] += process_time() - began
        return found


def _scikit_learn(runs: list[Run]) -> tuple[float, int]:
    """Processor time of all paths on the pooled rows; and how many paths there are."""
    learned, parts = runs[0].part(Learning).learned, [run.part(Learning) for run in runs]
    spent = 0.0
    for task in range(len(learned.tasks)):
        pairs = [part.rows(task) for part in parts]
        design, y = np.concatenate([one for one, _ in pairs])[:, 1:], np.concatenate([one for _, one in pairs])
        began = process_time()
        for penalty in learned.penalties[task]:
            settled = LogisticRegression(
                C=1 / (len(y) * penalty), l1_ratio=1.0, solver="liblinear", tol=1e-8, max_iter=10_000
            )
            settled.fit(design, y)
        spent += process_time() - began
    return spent, len(learned.tasks)


def _sent(result: Result) -> dict[str, int]:
    found: dict[str, int] = {}
    for exchange in result.exchanges:
        for traffic in exchange.traffic:
            found[traffic.site] = found.get(traffic.site, 0) + traffic.bytes_up
    return found


def _chance_cost(result: Result) -> dict[str, Any]:
    chance = result.chance
    return {
        "shuffles": chance.shuffles if chance else 0,
        "shuffle_exchanges": chance.exchanges if chance else 0,
        "shuffle_megabytes": (chance.bytes_up if chance else 0) / 1e6,
    }


def _ready(name: str) -> Study:
    return study_file.named(Path(name))


def _told(measured: list[Comparison], words: str) -> dict[str, Any]:
    first, result = measured[0], measured[0].result
    over = [
        {
            "arm": spread.arm,
            "view": spread.view,
            "mean": spread.mean,
            "deviation": spread.deviation,
            "seeds": len(spread.values),
        }
        for spread in spreads(measured)
    ]
    baselines: dict[str, dict[str, Any]] = {}
    for comparison in result.comparisons:
        if comparison.auc is not None and comparison.interval is not None:
            told = {"auc": comparison.auc, "low": comparison.interval.low, "high": comparison.interval.high}
            baselines.setdefault(comparison.arm, {})[comparison.view] = told
    left_out = next(evaluation for evaluation in result.evaluations if evaluation.view is View.LEFT_OUT_SITE)
    return {
        "words": words,
        "certificate": [asdict(quantity) for quantity in first.quantities],
        "arms": [asdict(line) for line in first.lines],
        "spreads": over,
        "baselines": baselines,
        "sites": [participant.site for participant in result.participants],
        "transfers": {f"{transfer.train} {transfer.test}": transfer.auc for transfer in result.transfers},
        "chance": result.chance.model_dump(mode="json", exclude={"aucs"}) if result.chance else None,
        "left_out": left_out.stratified.model_dump(mode="json"),
        **_chance_cost(result),
        "exchanges": len(result.exchanges),
    }


def verdict(measured: dict[str, Any]) -> str:
    """Whether chance is excluded, in a sentence."""
    within, chance = measured["left_out"], measured["chance"]
    interval = within["interval"]
    said = f"On left-out sites the AUC is {within['auc']:.2f}"
    if interval is not None:
        inside = interval["low"] <= 0.5 <= interval["high"]
        said += f" ({interval['low']:.2f} to {interval['high']:.2f}): chance is {'not ' if inside else ''}excluded."
    if chance is not None:
        excluded = "" if chance["p_value"] < 0.05 else "not "
        said += (
            f" In cross-validation p is {chance['p_value']:.2g} under shuffled labels: chance is {excluded}excluded."
        )
    return said


def apart(measured: dict[str, Any]) -> str:
    """Whether all together do better than each site alone, in a sentence."""
    lines = {(arm["arm"], arm["view"]): arm for arm in measured["arms"]}
    alone, together = (lines[(arm, View.CROSS_VALIDATION.value)] for arm in (LOCAL, FEDERATED))
    low, high = alone["difference_low"], alone["difference_high"]
    numbers = (
        f"AUC {together['value']:.2f} together, {alone['value']:.2f} alone; difference {alone['difference']:+.2f}, "
        f"{low:+.2f} to {high:+.2f}"
    )
    if low <= 0 <= high:
        return (
            "These patients cannot decide whether training together is better or worse than each site alone "
            f"({numbers})."
        )
    return f"Training together is {'better' if low > 0 else 'worse'} here than each site alone ({numbers})."
