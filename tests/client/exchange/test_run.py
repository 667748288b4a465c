"""What a site was told once stays told."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.cohort.exclusion import Reason
from client.exchange.run import Run
from client.review.journal import Decision, Journal, Verdict, Why
from client.site.site_file import Site
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.study.study import Study
from simulations.ownership import approve_everywhere, coordinator_key


def test_totals_that_were_told_once_are_not_told_otherwise(
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Callable[[dict[str, pd.DataFrame]], list[Site]],
    tmp_path: Path,
) -> None:
    sites = settle(tables)
    approve_everywhere(study, sites, coordinator_key(tmp_path))
    approved = approval.latest(sites[0].workspace, study.digest)
    assert approved is not None
    run = Run(sites[0], approved, "run")
    told = Question(study.digest, "run", "train-1", "train-0", arrays={"loss": np.array([1.0])})
    run.absorb(told)
    run.absorb(told)
    other = Question(study.digest, "run", "evaluate", "train-0", arrays={"loss": np.array([2.0])})
    with pytest.raises(MrfedError, match=r"other totals in train-0\.npz") as caught:
        run.absorb(other)
    assert caught.value.code is Code.REFUSED
    assert run.told("train-0")["loss"] == 1.0


def test_a_run_leaves_out_whom_review_had_rejected_when_it_was_approved(
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Callable[[dict[str, pd.DataFrame]], list[Site]],
    tmp_path: Path,
) -> None:
    sites = settle(tables)
    site, (before, after) = sites[0], ("alpha-003", "alpha-005")
    journal = Journal(site.workspace)

    def say(patient: str, verdict: Verdict, *why: Why) -> None:
        who = {"reader": "Dr Lee", "account": "lee", "patient": patient, "images": "0" * 64}
        journal.add(Decision(**who, verdict=verdict, why=why))

    say(before, Verdict.REJECTED, Why.MOTION)
    approve_everywhere(study, sites, coordinator_key(tmp_path))
    say(before, Verdict.ACCEPTED)
    say(after, Verdict.REJECTED, Why.MASK)
    approved = approval.latest(site.workspace, study.digest)
    assert approved is not None
    entered = Run(site, approved, "run").table
    assert before not in entered.patients
    assert after in entered.patients, "her difference from what was answered would tell about her alone"
    assert entered.exclusions == {Reason.REJECTED: 1}
