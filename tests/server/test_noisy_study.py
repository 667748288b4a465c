"""A study with differential privacy, from approval to report, and a budget over several studies."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import privacy_budget
from client.exchange import handler
from client.site.site_file import Site
from server import outcome
from server.conduct import carry_out
from server.federation import Federation
from server.journal import Journal
from server.report.noisy import render
from server.stages.noisy import noisy_auc
from shared.errors import Code, MrfedError
from shared.federation import identity, signed_result
from shared.federation.messages import Question
from shared.privacy.policy import Policy
from shared.step import Step
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import POLICY, approve_everywhere, coordinator_key
from tests.conftest import table_of
from tests.noisy_study import with_noise

pytestmark = pytest.mark.slow

Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]


def conducted(study: Study, sites: list[Site], folder: Path, policy: Policy = POLICY):  # type: ignore[no-untyped-def]
    key, journal = coordinator_key(folder), Journal(folder / "journal")
    approve_everywhere(study, sites, key, policy)
    grid = InProcessGrid(sites)
    return carry_out(Federation(grid, study, "run", journal, key, grid.nodes)), journal


@pytest.fixture
def sites(settle: Settle) -> list[Site]:
    return settle({name: table_of(name, 60, seed, features=3) for seed, name in enumerate(("alpha", "beta", "gamma"))})


def test_a_study_with_noise_from_approval_to_report(study: Study, sites: list[Site], tmp_path: Path) -> None:
    asked = with_noise(study)
    result, journal = conducted(asked, sites, tmp_path)
    assert result.spent.epsilon == pytest.approx(4, rel=1e-3)
    assert result.spent.epsilon <= 4
    assert abs(result.patients - 180) < 10 * 4 * 2 * result.spent.products_deviation
    assert result.auc is not None
    counts = np.array(result.counts)
    assert np.abs(counts - np.rint(counts)).max() > 1e-3  # no count is whole
    said = render(result)
    assert "ε = 4.00" in said
    assert "SIMULATED" in said
    outcome.write(result, tmp_path, coordinator_key(tmp_path))
    assert signed_result.load(tmp_path, [identity.public_hex(coordinator_key(tmp_path))])
    for site in sites:
        assert privacy_budget.spent(site.workspace).epsilon(1e-5) == pytest.approx(4, rel=1e-3)
    # Asked again, the same bytes: noise that is drawn anew averages out.
    enroll, products = journal.find("enroll"), journal.find("noisy-sums")
    assert enroll is not None
    assert products is not None
    words = {"masking_keys": {one: enroll.texts[one]["masking_key"] for one in enroll.texts}}
    roster = ("alpha", "beta", "gamma")
    question = Question(asked.digest, "run", "noisy-sums", "enroll", roster, {**words, "receipts": enroll.receipts})
    first, again = (handler.answer(sites[0], question) for _ in range(2))
    assert first.arrays["slope"].tobytes() == again.arrays["slope"].tobytes()


def test_nothing_about_patients_leaves_but_the_two_noisy_releases(
    study: Study, sites: list[Site], tmp_path: Path
) -> None:
    _, journal = conducted(with_noise(study), sites, tmp_path)
    steps = {path.stem for path in journal.folder.glob("*.npz")}
    assert steps == {"enroll", "noisy-sums", "noisy-scores", "finish"}
    for name in steps:
        exchange = journal.find(name)
        assert exchange is not None
        assert all(set(arrays) <= {"node"} for arrays in exchange.clear.values())


@pytest.mark.attack
def test_one_patient_more_or_less_is_lost_in_the_noise(
    study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Two studies that differ by one patient, subtracted, with and without noise."""
    tables = {name: table_of(name, 30, seed, features=3) for seed, name in enumerate(("alpha", "beta", "gamma"))}
    sites = settle(tables)
    asked = with_noise(study)
    _, first = conducted(asked, sites, tmp_path / "first")
    path = sites[0].data.features
    assert path is not None
    tables["alpha"].drop(index=5).to_csv(path, index=False)
    result, second = conducted(with_noise(study, version=2), sites, tmp_path / "second")
    slopes = []
    for journal in (first, second):
        found = journal.find(Step.NOISY_SUMS)
        assert found is not None
        slopes.append(found.totals["slope"].sum(axis=0))
    row = np.array([1.0, *((2 * tables["alpha"].loc[5, ["f0", "f1", "f2"]].to_numpy(dtype=float) - 2) / 14)])
    off = np.linalg.norm((slopes[0] - slopes[1]) / 0.5 - row) / np.linalg.norm(row)
    assert off > 1
    gained(
        "Subtract two studies with noise that differ by one patient",
        "her features, to 9 digits (above)",
        f"off by {off:.0f} times their length; epsilon {2 * result.spent.epsilon:.0f} at most for both",
    )


def test_the_budget_of_a_site_ends_over_all_studies(study: Study, sites: list[Site], tmp_path: Path) -> None:
    policy = Policy(minimum_sites=3, minimum_patients=10, epsilon=5.5)
    conducted(with_noise(study), sites, tmp_path / "first", policy)
    again = with_noise(study, version=2)
    (said,) = privacy_budget.over_budget(policy, again, sites[0].workspace, ())
    assert "would have spent epsilon" in said
    assert "the budget here is 5.5" in said
    with pytest.raises(MrfedError, match="0 of at least 3 sites") as caught:
        conducted(again, sites, tmp_path / "second", policy)
    assert caught.value.code is Code.QUORUM
    assert not list(sites[0].workspace.glob(f"approvals/{again.digest}/*/{privacy_budget.FILE}"))
    # Rényi divergences add up: a second study costs less than twice the first one's epsilon.
    third = with_noise(study, version=3, epsilon=1.0)
    assert privacy_budget.over_budget(policy, third, sites[0].workspace, ()) == ()


@pytest.mark.parametrize(
    "unfit",
    [
        {"evaluation": {"folds": 4, "leave_one_site_out": True}},
        {"harmonization": {"method": "combat"}},
        {"selection": {"method": "mrmr"}},
        {"model": {"l1_ratio": 1.0}},
        {"comparators": {"clinical": [{"column": "age", "kind": "continuous"}]}},
        {"federation": {"sites": ("alpha", "beta", "gamma"), "quorum": 3, "dropout": "continue"}},
        {"federation": {"sites": ("alpha", "beta", "gamma"), "quorum": 2}},
    ],
)
def test_what_would_leave_without_noise_is_no_part_of_a_study_with_it(study: Study, unfit: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"bounds nothing together|derivable"):
        with_noise(study, **unfit)


def test_the_auc_of_noisy_counts() -> None:
    assert noisy_auc(np.array([[3.0, 1.0], [1.0, 3.0]])) == pytest.approx((3 * 3 + 0.5 * (3 + 3)) / 16)
    assert noisy_auc(np.array([[3.0, -1.0], [0.0, 2.0]])) == 1.0
    assert noisy_auc(np.array([[-1.0, -2.0], [1.0, 1.0]])) is None
