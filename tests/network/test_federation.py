"""A study over a real network: the same numbers as in one process, and nobody who was not admitted."""

from pathlib import Path

import pytest

from client.site import site_file
from deploy.loopback import CommandFailedError, Federation, run
from shared.results.result import Result
from shared.study import study as studies
from simulations.simulate import simulate
from tests.network.conftest import Finished
from tests.network.three_sites import STUDY

pytestmark = [pytest.mark.network, pytest.mark.processes]


def test_the_network_gives_the_in_process_result_to_the_last_bit(
    finished: Finished, folders: list[Path], tmp_path: Path
) -> None:
    there = Result.model_validate_json((finished.folder / "result.json").read_text())
    sites = [site_file.load(folder / "site.yaml") for folder in folders]
    sites = [site.model_copy(update={"workspace": tmp_path / "here" / site.name}) for site in sites]
    in_process = simulate(studies.load(STUDY), sites, tmp_path / "coordinator")
    assert there.fingerprint == in_process.fingerprint
    assert [exchange.step for exchange in there.exchanges] == [exchange.step for exchange in in_process.exchanges]
    assert (finished.folder / "report.html").stat().st_size > 10_000


def test_every_site_is_connected_and_says_so(federation: Federation, finished: Finished, folders: list[Path]) -> None:
    status = run("mrfed-site", "status", "--site", folders[0] / "site.yaml")
    assert f"alpha: connected to loopback at 127.0.0.1:{federation.port}" in status
    assert "approved: three-sites version 1" in status
    with pytest.raises(CommandFailedError, match="joined already"):
        run("mrfed-site", "join", "--site", folders[0] / "site.yaml")
