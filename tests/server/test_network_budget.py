"""Networks with differential privacy report to the site's ledger: over a study, and over several."""

from pathlib import Path

import pytest

from client.approval import privacy_budget
from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from server.report.page import render
from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.results.result import Result
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from tests.network_hospitals import hospitals, network_study
from tests.network_study import HIDDEN

pytest.importorskip("opacus")
pytestmark = pytest.mark.slow


def conducted(study: Study, sites: list[Site], folder: Path, epsilon: float) -> Result:
    policy = Policy(
        minimum_patients=2, minimum_sites=1, patients_per_coefficient=0, epsilon=epsilon, reason="synthetic"
    )
    key = coordinator_key(folder)
    approve_everywhere(study, sites, key, policy)
    grid = InProcessGrid(sites)
    return conduct(Federation(grid, study, "run", Journal(folder / "journal"), key, grid.nodes))


def test_the_rounds_of_all_studies_share_one_budget(tmp_path: Path) -> None:
    sites = hospitals(tmp_path / "sites")
    study = network_study(
        {"differential_privacy": {"noise_multiplier": 4.0, "epsilon": 100.0}},
        {"rounds": 2, "sampling": "natural"},
        **HIDDEN,
    )
    result = conducted(study, sites, tmp_path / "first", epsilon=1000)
    assert "has spent at most <strong>ε = 100.0</strong> (δ = 1e-05)" in render(result)
    once = [privacy_budget.spent(site.workspace).epsilon(1e-5) for site in sites]
    assert min(once) > 0
    (file,) = sites[0].workspace.glob(f"approvals/*/*/{privacy_budget.FILE}")
    assert max(one.times for one in privacy_budget.booked(file.parent)) == 2 * 2  # rounds, steps of a round
    again = study.model_copy(update={"version": 2})
    with pytest.raises(MrfedError, match=r"alpha \(budget-spent\), beta \(budget-spent\)") as caught:
        conducted(again, sites, tmp_path / "second", epsilon=1.2 * max(once))
    assert caught.value.code is Code.QUORUM
    assert [privacy_budget.spent(site.workspace).epsilon(1e-5) for site in sites] == once
    assert not list(sites[0].workspace.glob(f"approvals/{again.digest}/*/{privacy_budget.FILE}"))
