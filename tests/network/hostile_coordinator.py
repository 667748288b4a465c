"""A coordinator that means harm: in the place of its executor stands one that runs whatever app is pushed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server.network.services import flower_environment
from server.network.settings import Coordinator
from shared.services.processes import Record
from tests.network.plain_node import OF_TESTS


@contextmanager
def hostile(coordinator: Coordinator, log: Path) -> Iterator[None]:
    """Hold the coordinator's own executor, and have another one take its runs.

    Parameters
    ----------
    coordinator : must be up
    log : file for what the hostile executor says
    """
    record = Record.load(coordinator.processes)
    assert record is not None
    own = record.services["executor"].pid
    command = (
        *(sys.executable, "-m", "tests.network.hostile_executor", str(coordinator.run)),
        *("--runtime-api-address", coordinator.superlink),
        *("--root-certificates", str(coordinator.inner.authority)),
        *("--superexec-auth-secret-file", str(coordinator.executor_secret)),
    )
    variables = flower_environment(coordinator) | OF_TESTS
    os.kill(own, signal.SIGSTOP)
    try:
        with (
            log.open("wb") as file,
            subprocess.Popen(command, env=variables, stdout=file, stderr=file) as process,
        ):
            try:
                yield
            finally:
                process.terminate()
                process.wait(30)
    finally:
        os.kill(own, signal.SIGCONT)
