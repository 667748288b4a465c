"""Courses other than the usual one over a real network: with noise, and without a site that is lost on the way."""

import time
from pathlib import Path

import pytest

from client.approval import approval
from client.site import audit_log, site_file
from client.site.audit_log import Event
from client.site.keys import Trust
from deploy.loopback import Federation, Running, run
from server.journal import Journal
from server.network import settings
from server.results.noisy_result import NoisyResult
from shared.federation import identity, signed_result
from shared.results.result import Result
from tests.network.three_sites import CONTINUES, NOISE, SITES, approve

pytestmark = [pytest.mark.network, pytest.mark.processes]


def test_a_study_with_noise_says_what_it_spent_at_both_ends(
    federation: Federation, folders: list[Path], tmp_path: Path
) -> None:
    approve(federation, folders, NOISE)
    federation.ask(NOISE, tmp_path / "out")
    coordinator = identity.public_hex(identity.load(settings.load(federation.coordinator).identity_key))
    result = NoisyResult.model_validate_json(signed_result.load(tmp_path / "out", [coordinator]))
    assert result.sites == SITES
    assert 3.99 < result.spent.epsilon <= 4
    assert "ε = 4.00" in (tmp_path / "out" / "report.html").read_text()
    status = run("mrfed-site", "status", "--site", folders[0] / "site.yaml")
    assert "All studies so far have spent epsilon 4.00 at delta 1e-05; no budget is set" in status
    site = site_file.load(folders[0] / "site.yaml")
    log = audit_log.verify(site.audit_log, Trust(site).public_key, approval.coordinators(site.workspace))
    (spent,) = [one.content for one in log if one.event is Event.PRIVACY_SPENT]
    assert spent["study"] == result.study_digest


def test_a_study_goes_on_without_a_site_that_was_killed_on_the_way(
    federation: Federation, folders: list[Path], tmp_path: Path
) -> None:
    approve(federation, folders, CONTINUES)
    out = tmp_path / "out"
    asking = Running(
        *("mrfed-coordinator", "run", CONTINUES, "--folder", federation.coordinator, "--out", out),
        log=tmp_path / "run.log",
    )
    while not (out / "journal" / "describe.npz").exists():
        assert asking.process.poll() is None
        time.sleep(0.05)
    federation.running["gamma"].stop()
    try:
        asking.wait_for(str(out / "report.html"))
        assert asking.process.wait(60) == 0
    finally:
        federation.join(folders[2:])
    result = Result.model_validate_json((out / "result.json").read_text())
    lost = [deviation for deviation in result.deviations if deviation.startswith("site gamma was lost at")]
    assert len(lost) == 1
    assert "28 patients" in lost[0]
    evaluated = Journal(out / "journal").find("evaluate")
    assert evaluated is not None
    assert set(evaluated.clear) == {"alpha", "beta"}
    assert evaluated.totals["scores"][0].sum() == 20 + 24
    assert {site.site for view in result.evaluations for site in view.sites} == {"alpha", "beta"}
