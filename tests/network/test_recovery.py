"""What falls gets up again, and at the end nobody is left."""

import os
import signal
import time
from pathlib import Path

import pytest

from deploy.loopback import CommandFailedError, Federation, Running, leftovers, run
from shared.services.processes import Record
from tests.network.three_sites import STUDY

pytestmark = [pytest.mark.network, pytest.mark.processes]


def test_a_run_outlives_a_fall_of_the_superlink(approved: Federation, tmp_path: Path) -> None:
    record = Record.load(approved.coordinator / "run" / "processes.json")
    assert record is not None
    asking = Running(
        *("mrfed-coordinator", "run", STUDY, "--folder", approved.coordinator, "--out", tmp_path / "out"),
        log=tmp_path / "run.log",
    )
    journal = tmp_path / "out" / "journal"
    while not (journal / "describe.npz").exists():
        assert asking.process.poll() is None
        time.sleep(0.05)
    os.kill(record.services["superlink"].pid, signal.SIGKILL)
    asking.wait_for(str(tmp_path / "out" / "report.html"))
    assert asking.process.wait(60) == 0


def test_a_coordinator_that_was_killed_leaves_nobody_behind(tmp_path: Path) -> None:
    opened = Federation(tmp_path / "federation")
    try:
        opened.__enter__()
        assert len(leftovers(opened.coordinator)) >= 4  # the supervisor and its three services
        opened.running["coordinator"].process.kill()
        opened.running["coordinator"].process.wait()
        run("mrfed-coordinator", "stop", "--folder", opened.coordinator)
    finally:
        opened.__exit__(None, None, None)
    assert leftovers(tmp_path) == []


def test_a_coordinator_does_not_start_twice(federation: Federation) -> None:
    with pytest.raises(CommandFailedError, match="already running"):
        run("mrfed-coordinator", "up", "--folder", federation.coordinator)
