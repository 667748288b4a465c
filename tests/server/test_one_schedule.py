"""One schedule for both ends: what the coordinator asks, in order, is what every site has answered, for every study."""

from pathlib import Path
from typing import Any

import pytest

from client.approval import approval
from client.exchange.answers.registry import ANSWERS
from client.exchange.ledger import Ledger
from client.site.site_file import Site
from server.conduct import carry_out
from server.planning import feasibility_of
from server.stages import conclude
from server.stages.registry import STAGES
from shared.contract.registry import EXCHANGES, PARTS, exchange_of
from shared.contract.schedule import Schedule, schedule
from shared.federation.dropout import about
from shared.results.result import Result
from shared.step import Step
from shared.study.study import Study
from simulations.simulate import federation_of
from tests.network_hospitals import hospitals, network_study
from tests.network_study import HIDDEN
from tests.noisy_study import with_noise
from tests.study_of_tables import SITES, settle, study, tables

BRIEF = {"folds": 2, "resamples": 0, "inner_folds": 2, "leave_one_site_out": False}
TRAINING = {"max_iterations": 3, "tolerance": 1e-2}


def table_study(classes: int, kind: str = "logistic", **changes: Any) -> Study:
    evaluation = {**BRIEF, **changes.pop("evaluation", {})}
    model = {"kind": kind, **changes.pop("model", {})}
    of_classes = changes.pop("endpoint", "")
    return study(classes, of_classes, model=model, training=TRAINING, evaluation=evaluation, **changes)


AGE = ({"column": "f6", "kind": "continuous"},)
OF_TABLES: dict[str, Study] = {
    "logistic, sites left out": table_study(2, evaluation={"leave_one_site_out": True}),
    "path of penalties": table_study(2, model={"penalties": 4, "l1_ratio": 1.0}),
    "three classes": table_study(3, "multinomial", endpoint="multiclass"),
    "ordered classes": table_study(3, "ordinal"),
    "number": table_study(0, "linear"),
    "number on a path": table_study(0, "linear", model={"penalties": 4, "l1_ratio": 1.0}),
    "support vectors": table_study(2, "svm"),
    "components": table_study(2, "pca"),
    "linear discriminant": table_study(2, "lda"),
    "quadratic discriminant": table_study(2, "qda"),
    "boosting": table_study(2, "boosting", model={"trees": 2, "depth": 2, "bins": 4}),
    "forest": table_study(2, "forest", model={"trees": 2, "depth": 2}),
    "bagged boosting": table_study(2, "xgboost", model={"trees": 2, "depth": 2}),
    "small network": table_study(2, "mlp", model={"hidden": 2, "local_steps": 2}),
    "covariances": table_study(2, harmonization={"method": "covbat", "transform": "power"}),
    "ranks and gaps": table_study(2, harmonization={"transform": "rank", "missing": "impute"}),
    "reference": table_study(2, harmonization={"reference_site": "beta", "covariates": AGE}),
    "half-samples": table_study(2, selection={"method": "stability"}, evaluation={"inner_folds": 4}),
    "redundancy": table_study(2, selection={"method": "mrmr", "keep": 3}),
    "site probes": table_study(
        2, harmonization={"probe": {"deals": 2, "trees": 2, "depth": 2, "rules": 2}, "left_out_site": "transductive"}
    ),
    "shuffled labels": table_study(
        2, model={"penalties": 3, "l1_ratio": 0.5}, selection={"shortlist": 4}, evaluation={"permutations": 2}
    ),
    "shuffled trees": table_study(
        2, "boosting", model={"trees": 2, "depth": 1, "bins": 4}, evaluation={"permutations": 2}
    ),
    "comparators": table_study(
        2, comparators={"clinical": AGE, "volume": "f5", "each_site_alone": True, "without_harmonization": True}
    ),
    "external site": table_study(2, evaluation={"external_sites": ("gamma",)}),
    "lost sites": table_study(
        2, federation={"sites": tuple(SITES), "quorum": 3, "deadline_s": 60, "dropout": "continue"}
    ),
    "feasibility": feasibility_of(table_study(2)),
    "noise": with_noise(table_study(2, comparators={}, harmonization={"method": "none"}), model={}, training={}),
}


def followed(of_study: Schedule, names: list[str]) -> bool:
    """Whether exchanges follow one another as the schedule says, from its first to its last."""
    steps = zip(["", *names], names, strict=False)
    return all(of_study.follows(name, after) for after, name in steps) and names[-1] == of_study.steps[-1]


def answered(site: Site, asked: Study) -> list[str]:
    """Names of the exchanges that a site has answered, in order."""
    kept = approval.latest(site.workspace, asked.digest)
    assert kept is not None
    names = [one.step for one in Ledger(kept.folder / "ledger").answered()]
    return sorted((name for name in names if about(name)[1] is None), key=schedule(asked).position)


def assert_one_schedule(asked: Study, sites: list[Site], folder: Path) -> None:
    federation = federation_of(asked, sites, folder)
    carry_out(federation)
    names = [exchange.step for exchange in federation.exchanges]
    assert followed(schedule(asked), names)
    assert [answered(site, asked) for site in sites] == [names] * len(sites)


@pytest.mark.slow
@pytest.mark.parametrize("kind", OF_TABLES)
def test_every_site_answers_what_the_coordinator_asks(kind: str, tmp_path: Path) -> None:
    asked = OF_TABLES[kind]
    classes = len(asked.question.endpoint.classes)
    assert_one_schedule(asked, settle(tmp_path / "sites", tables(classes)), tmp_path / "run")


@pytest.mark.slow
def test_a_network_has_the_same_schedule_at_both_ends(tmp_path: Path) -> None:
    assert_one_schedule(network_study(**HIDDEN), hospitals(tmp_path / "sites", patients=10), tmp_path / "run")


@pytest.mark.slow
def test_each_stage_is_stated_once_and_the_result_is_told_as_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, made = OF_TABLES["path of penalties"], []

    def once(federation: Any, state: Any) -> Any:
        made.append(federation.study.digest)
        return concluded(federation, state)

    concluded = conclude.conclude
    monkeypatch.setattr(conclude, "conclude", once)
    sites = settle(tmp_path / "sites", tables(2))
    result = carry_out(federation_of(asked, sites, tmp_path / "run"))
    assert made == [asked.digest]
    kept = approval.latest(sites[0].workspace, asked.digest)
    assert kept is not None
    told = Result.model_validate_json((kept.folder / "result.json").read_bytes())
    assert isinstance(result, Result)
    assert [one.step for one in result.exchanges] == [*(one.step for one in told.exchanges), "finish"]
    record = {"exchanges", "departures", "deviations", "provenance"}
    assert result.model_dump(exclude=record) == told.model_dump(exclude=record)


def test_whatever_is_in_the_registry_is_asked_and_answered() -> None:
    steps = [exchange.step for exchange in EXCHANGES]
    assert len(steps) == len(set(steps))
    assert set(STAGES) == set(ANSWERS) == set(steps) == set(Step) - {part.step for part in PARTS}


def test_every_exchange_belongs_to_some_kind_of_study() -> None:
    network = network_study(**HIDDEN)
    asked = {step for one in (*OF_TABLES.values(), network) for step in schedule(one).steps}
    of_images = {Step.NORMALIZE, Step.VOXELS, Step.CELLS, Step.CLUSTER}  # whole studies of theirs stand elsewhere
    others = {Step.STABILITY, Step.OPEN_ROUND, Step.EXPLAIN, Step.SHUFFLE_AVERAGE, Step.SHUFFLE_ENSEMBLE}
    assert set(Step) - asked <= of_images | others | {part.step for part in PARTS}


def test_a_shuffled_exchange_is_derived_from_the_exchange_itself() -> None:
    for step in (one.step for one in EXCHANGES if one.step.permuted and one.step is not Step.SHUFFLE_EVALUATE):
        shuffled, own = exchange_of(step), exchange_of(Step(step.removeprefix("shuffle-")))
        assert {one.name for one in shuffled.quantities} <= {one.name for one in own.quantities}
        by_name = {one.name: one for one in own.quantities}
        for quantity in shuffled.quantities:
            assert [axis.name for axis in quantity.axes] == [axis.name for axis in by_name[quantity.name].axes]
            assert quantity.cells > by_name[quantity.name].cells
