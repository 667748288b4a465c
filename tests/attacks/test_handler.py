"""A coordinator that asks what it should not, at the only place where a site listens."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.cohort import table
from client.cohort.folds import cells
from client.exchange import handler
from client.exchange.answers import finish, harmonize, train
from client.exchange.ledger import Ledger
from client.exchange.run import Run
from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.errors import Code, MrfedError
from shared.federation.messages import OK, Question
from shared.privacy.disclosure_rules import broken_rules
from shared.privacy.policy import Policy, sentence
from shared.results.result import Result
from shared.study import study as study_file
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key

pytestmark = [pytest.mark.attack, pytest.mark.slow]

Gained = Callable[[str, str, str], None]


class Listening(InProcessGrid):
    """Keeps the questions, so that they can be asked again."""

    def __init__(self, sites: Sequence[Site]) -> None:
        super().__init__(sites)
        self.asked: dict[str, Question] = {}

    def push_messages(self, messages):  # type: ignore[no-untyped-def]
        messages = list(messages)
        self.asked |= {message.metadata.group_id: Question.from_records(message.content) for message in messages}
        return super().push_messages(messages)


@pytest.fixture
def sites(tables: dict[str, pd.DataFrame], settle: Callable[[dict[str, pd.DataFrame]], list[Site]]) -> list[Site]:
    return settle(tables)


@pytest.fixture
def asked(study: Study, sites: list[Site], tmp_path: Path) -> dict[str, Question]:
    """The questions of a study up to training; the sites have answered them, but no evaluation."""
    key = coordinator_key(tmp_path)
    approve_everywhere(study, sites, key)
    grid = Listening(sites)
    journal = Journal(tmp_path / "journal")
    federation = Federation(grid, study, "run", journal, key, grid.nodes, stop_after_training)
    with pytest.raises(InterruptedError):
        conduct(federation)
    return grid.asked


def stop_after_training(exchange) -> None:  # type: ignore[no-untyped-def]
    if exchange.step == "train-2":
        raise InterruptedError


def run_of(site: Site, study: Study) -> Run:
    approved = approval.latest(site.workspace, study.digest)
    assert approved is not None
    return Run(site, approved, "run")


def test_unapproved_study(study: Study, sites: list[Site], tmp_path: Path, gained: Gained) -> None:
    approve_everywhere(study, sites, coordinator_key(tmp_path))
    lower = study.model_copy(update={"privacy": study.privacy.model_copy(update={"minimum_patients": 1})})
    question = Question(lower.digest, "run", "enroll")
    # The site's own table answers any study that is put in the approved one's place.
    approved = run_of(sites[0], study).approved
    assert Run(sites[0], replace(approved, study=lower), "run").table.y.size == 20
    said = handler.answer(sites[0], question)
    assert (said.code, said.texts, said.arrays) == (Code.STUDY_NOT_APPROVED, {}, {})
    gained("Ask a study that nobody approved", "its table answers any study", f"{said.code}; nothing else is said")


def test_replayed_question_through_the_handler(
    study: Study, sites: list[Site], asked: dict[str, Question], gained: Gained
) -> None:
    first, again = (handler.answer(sites[0], asked["harmonize"]) for _ in range(2))
    assert (first.code, again.code) == (OK, OK)
    assert {name: array.tobytes() for name, array in first.arrays.items()} == {
        name: array.tobytes() for name, array in again.arrays.items()
    }
    named_anew = replace(asked["harmonize"], run="another")
    assert harmonize.answer(run_of(sites[0], study), named_anew).arrays
    assert handler.answer(sites[0], named_anew).code == Code.REFUSED
    gained(
        "Replay a question, or ask it as another run (desk)",
        "a second answer under other masks: their difference",
        "the same bytes; the other run is refused",
    )


def test_a_workspace_that_was_put_back_to_an_older_copy(
    study: Study, sites: list[Site], asked: dict[str, Question], tmp_path: Path, gained: Gained
) -> None:
    """Its ledger has forgotten the answers since; an honest coordinator that goes on shows it by its receipts."""
    site, question = sites[0], asked["train-2"]
    assert handler.answer(site, question).code == OK
    approved = run_of(site, study).approved
    ledger = Ledger(approved.folder / "ledger")
    before, kept = ledger.find("train-2"), site.audit_log.read_bytes().splitlines(keepends=True)
    assert before is not None
    (ledger_file,) = [path for path in ledger.folder.glob("*.answer") if before[1] in path.read_bytes()]
    ledger_file.unlink()
    assert ledger.answer(replace(before[0], question="0" * 64), lambda: b"a second answer") == b"a second answer"
    ledger_file.unlink()
    site.audit_log.write_bytes(b"".join(kept[:5]))
    assert handler.answer(site, question).code == Code.REFUSED
    assert ledger.find("train-2") is None
    gained(
        "Go on with a workspace that was put back to an older copy",
        "a second answer to a step that was answered",
        "refused where the coordinator's receipt is newer than the audit log",
    )


def test_same_step_with_another_payload_through_the_handler(
    study: Study, sites: list[Site], asked: dict[str, Question], gained: Gained
) -> None:
    """After a restart the coordinator tells other totals, to move the coefficients at which Hessians are formed."""
    question = asked["train-2"]
    steered = {**question.arrays, "gradient": question.arrays["gradient"] * 3}
    run = run_of(sites[0], study)
    before = train.train(run, question).arrays["curvature"]
    moved = run_of(sites[0], study)
    moved.told = lambda step: steered if step == "train-1" else run.told(step)  # type: ignore[method-assign]
    assert not np.allclose(train.train(moved, question).arrays["curvature"], before)

    handler._RUNS.clear()
    assert handler.answer(sites[0], replace(question, arrays=steered)).code == Code.REFUSED
    evaluation = replace(question, step="threshold", after="train-2", arrays=steered)
    assert handler.answer(sites[0], replace(evaluation, after="train-1")).code == Code.REFUSED
    assert handler.answer(sites[0], evaluation).code == OK
    gained(
        "Same step, other totals, after a restart (desk)",
        "a Hessian at coefficients of the coordinator's choice",
        "refused; totals that were told once never change",
    )


@pytest.mark.parametrize("name", ["train-3", "train-7", "train-12", "train-02", "evaluate-1", "enroll-1", "moments"])
def test_steps_out_of_order_or_under_another_name(
    name: str, study: Study, sites: list[Site], asked: dict[str, Question]
) -> None:
    question = replace(asked["train-2"], step=name)
    assert train.train(run_of(sites[0], study), question).arrays
    assert handler.answer(sites[0], question).code == Code.REFUSED


def test_fewer_sites_from_some_step_on(study: Study, sites: list[Site], asked: dict[str, Question]) -> None:
    question = replace(asked["train-2"], step="train-3", after="train-2", roster=("alpha", "beta"))
    assert handler.answer(sites[0], replace(question, roster=("alpha", "beta", "gamma"))).code == OK
    dropped = replace(question, step="threshold", after="train-3")
    assert handler.answer(sites[0], dropped).code == Code.REFUSED


@pytest.mark.real
def test_small_public_sites_under_the_default_and_under_a_research_policy(
    real_data: Callable[[str], Path], tmp_path: Path, gained: Gained
) -> None:
    """Four sites, the smallest of 22 patients, in a study that shows numbers of two."""
    study = study_file.named(Path("ispy1-radiomics"))
    rows = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")
    small = rows[rows["site"] == rows["site"].value_counts().index[-1]]
    path = tmp_path / "features.csv"
    small.to_csv(path, index=False)
    name = str(small["site"].iloc[0]).lower()
    content = {
        "name": name,
        "data": {"features": path},
        "columns": {"patient": "patient_id"},
        "feature_columns": "T1_E_",
    }
    site = Site.model_validate({**content, "workspace": tmp_path / "workspace"})
    own = cells(study, site, table.load(site, study, path, frozenset()))
    refusals = broken_rules(Policy(), study, name, own, (sentence(name),))
    assert any("numbers of 2 patients; here the minimum is 10" in sentence for sentence in refusals)
    assert any("its totals isolate" in sentence for sentence in refusals)
    research = Policy(minimum_patients=1, patients_per_coefficient=0, reason="published data of consenting patients")
    assert broken_rules(research, study, name, own, (sentence(name),)) == ()
    with pytest.raises(ValueError, match="say why"):
        Policy(minimum_patients=1)
    gained(
        "Small public sites (I-SPY 1) in a study of single patients",
        "totals about two patients",
        "the default policy refuses; a declared research policy says why not",
    )


def test_another_model_under_the_studys_name(study: Study, sites: list[Site], tmp_path: Path, gained: Gained) -> None:
    """Somebody between coordinator and site exchanges the model."""
    key = coordinator_key(tmp_path)
    approve_everywhere(study, sites, key)
    grid = Listening(sites)
    conduct(Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes))
    question = grid.asked["finish"]
    folder = run_of(sites[0], study).folder
    kept = (folder / "result.json").read_text()
    assert kept == question.texts["result"]
    run, honest = run_of(sites[0], study), Result.model_validate_json(kept)
    other = honest.model.model_copy(update={"intercept": honest.model.intercept + 1})
    exchanged = honest.model_copy(update={"model": other}).model_dump_json()
    with pytest.raises(MrfedError, match="signature on its result"):
        finish.answer(run, replace(question, texts={**question.texts, "result": exchanged}))
    with pytest.raises(MrfedError, match="is not signed"):
        finish.answer(run, replace(question, texts={"result": exchanged, "signature": None}))
    assert (folder / "result.json").read_text() == kept
    gained("Exchange the model on its way", "a model that nobody trained", "the coordinator's signature is missing")
