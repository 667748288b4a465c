"""A node as Flower comes, to show what it does without the site's launcher."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.loopback import BIN, Federation, free_ports
from server.network import settings
from server.network.admission import command
from server.network.settings import CONNECTION
from shared.federation import node_key
from shared.files import secret_file
from shared.services.flower.environment import environment

OF_TESTS = {"PYTHONPATH": str(Path(__file__).parents[2])}
"""Where the processes of tests find their modules; those of the product find what is installed."""


class PlainNode:
    """A node as Flower comes: no launcher, and no proxy before it.

    Parameters
    ----------
    folder : for its key, its log and Flower's files
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        private = node_key.generate()
        secret_file.write(folder / "node.key", private)
        (folder / "node.pub").write_bytes(node_key.public(private))

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.folder / "log").read_text()

    @contextmanager
    def started(self, federation: Federation) -> Iterator[subprocess.Popen[bytes]]:
        """Start it; at the end it is stopped with the executor that it started and would leave behind."""
        (port,) = free_ports(1)
        coordinator = settings.load(federation.coordinator)
        command = [
            *(sys.executable, "-m", "tests.network.plain_supernode", str(coordinator.run)),
            *("--superlink", coordinator.superlink),
            *("--root-certificates", str(coordinator.inner.authority)),
            *("--auth-supernode-private-key", str(self.folder / "node.key")),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        variables = environment(self.folder / "flower", f"{BIN}:/usr/bin:/bin") | OF_TESTS
        with (
            (self.folder / "log").open("wb") as log,
            subprocess.Popen(command, env=variables, stdout=log, stderr=log, start_new_session=True) as process,
        ):
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)

    def connects(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the coordinator has let it in; False where it ends before."""
        while process.poll() is None:
            if "SuperNode ID" in self.log:
                return True
            time.sleep(0.05)
        return False

    def register(self, federation: Federation) -> int:
        """Register it as somebody does who reaches Flower's control interface; it is admitted nowhere."""
        coordinator = settings.load(federation.coordinator)
        answer = command(coordinator, "supernode", "register", str(self.folder / "node.pub"), CONNECTION)
        return int(answer["node-id"])
