"""Two approved studies, or two steps of one, whose patients differ by one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval, differencing
from client.cohort import table
from client.exchange import handler
from client.site.keys import Trust
from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.errors import Code
from shared.federation import roster
from shared.federation.messages import OK, Question
from shared.privacy.policy import Policy, sentence
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import POLICY, approve_everywhere, coordinator_key

pytestmark = pytest.mark.attack

Gained = Callable[[str, str, str], None]
STRICT = Policy(minimum_patients=2, minimum_sites=1, reason="a test")


def sums(study: Study, sites: list[Site], folder: Path) -> np.ndarray:
    """Decoded sums of all features over all patients."""
    key, journal = coordinator_key(folder), Journal(folder / "journal")
    approve_everywhere(study, sites, key, POLICY)
    grid = InProcessGrid(sites)
    conduct(Federation(grid, study, "run", journal, key, grid.nodes))
    exchange = journal.find("harmonize")
    assert exchange is not None
    total: np.ndarray = exchange.totals["sum_x"][0]
    return total


def approve_again(study: Study, site: Site, folder: Path, accepted: tuple[str, ...]) -> approval.Approved:
    """Approve a study at one site, under a policy that knows a minimum."""
    key = coordinator_key(folder)
    issued = roster.issue(
        study, {one: Trust(site).public_key if one == site.name else 64 * one[0].translate(HEX) for one in SITES}, key
    )
    return approval.approve(site.workspace, study, issued, STRICT, (sentence(site.name), *accepted), Trust(site).log)


SITES = ("alpha", "beta", "gamma")
HEX = str.maketrans("abg", "abc")


@pytest.mark.slow
def test_a_second_study_without_one_patient(
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Callable[[dict[str, pd.DataFrame]], list[Site]],
    tmp_path: Path,
    gained: Gained,
) -> None:
    """After the first study, one patient of alpha is left out of the second."""
    sites = settle(tables)
    first = sums(study, sites, tmp_path / "first")
    path = sites[0].data.features
    assert path is not None
    tables["alpha"].drop(index=5).to_csv(path, index=False)
    again = study.model_copy(update={"version": 2})
    row = tables["alpha"].loc[5, [f"f{index}" for index in range(6)]].to_numpy(dtype=float)
    np.testing.assert_allclose(first - sums(again, sites, tmp_path / "second"), row, rtol=1e-9)

    third = study.model_copy(update={"version": 3})
    approve_again(third, sites[0], tmp_path, ())
    assert handler.answer(sites[0], Question(third.digest, "run", "enroll")).code == Code.TOO_FEW_PATIENTS
    now = table.load(sites[0], third, path)
    (before,) = differencing.differences(sites[0].workspace, None, now)
    assert (before.study, before.patients) == ("three-sites version 1", 1)
    approve_again(third, sites[0], tmp_path, (differencing.sentence(before),))
    assert handler.answer(sites[0], Question(third.digest, "run", "enroll")).code == OK
    gained(
        "A second study over the same patients but one",
        "that patient's features, to 9 digits",
        "studies whose patients differ by fewer than the minimum are refused, or accepted in words",
    )


def test_a_patient_who_comes_or_goes_between_two_steps(
    study: Study,
    tables: dict[str, pd.DataFrame],
    settle: Callable[[dict[str, pd.DataFrame]], list[Site]],
    tmp_path: Path,
    gained: Gained,
) -> None:
    """A table that is written anew between two questions of one study: class totals before and after differ by one."""
    sites = settle(tables)
    approve_everywhere(study, sites, coordinator_key(tmp_path))
    path = sites[0].data.features
    assert path is not None
    before = table.load(sites[0], study, path).y
    assert handler.answer(sites[0], Question(study.digest, "run", "enroll")).code == OK
    tables["alpha"].drop(index=5).to_csv(path, index=False)
    assert np.bincount(before).sum() - np.bincount(table.load(sites[0], study, path).y).sum() == 1
    handler._RUNS.clear()
    question = Question(study.digest, "run", "inventory", "enroll", SITES, {"masking_keys": {}, "receipts": {}})
    assert handler.answer(sites[0], question).code == Code.DATA_INCONSISTENT
    gained(
        "A patient leaves between two steps of a study",
        "her class, from class totals that differ by one",
        "who entered stays on the disk; the study stops at that site",
    )
