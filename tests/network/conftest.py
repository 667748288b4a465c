"""A federation of three synthetic sites on the loopback interface, by the commands that people type."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from client.policy import sentence
from deploy.loopback import BIN, Federation, free_ports, leftovers, run
from shared import node_key, secret_file
from shared.flower.environment import environment
from tests.conftest import table_of

STUDY = Path(__file__).parent / "three-sites.yaml"
SITES = ("alpha", "beta", "gamma")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder for each site, with its table and site file."""
    root = tmp_path_factory.mktemp("sites")
    settled = []
    for seed, name in enumerate(SITES):
        folder = root / name
        folder.mkdir()
        table_of(name, 20 + 4 * seed, seed).to_csv(folder / "table.csv", index=False)
        policy = {"minimum_patients": 1, "minimum_sites": 1, "reason": "the patients are synthetic"}
        site = {
            "name": name,
            "data": {"features": "table.csv"},
            "columns": {"ihc": "ihc", "ish": "ish"},
            "feature_columns": "f",
            "policy": policy,
        }
        (folder / "site.yaml").write_text(yaml.safe_dump(site))
        settled.append(folder)
    return settled


@pytest.fixture(scope="session")
def federation(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Three sites that are admitted, have approved the study and are connected."""
    root = tmp_path_factory.mktemp("federation")
    with Federation(root) as opened:
        for folder in folders:
            opened.admit(opened.invite(folder.name, folder))
        roster = opened.roster(STUDY)
        for folder in folders:
            run(
                *("mrfed-site", "approve", STUDY, "--roster", roster, "--site", folder / "site.yaml"),
                *("--yes", "--accept", sentence(folder.name)),
            )
        opened.join(folders)
        yield opened
    assert leftovers(root) == []
    assert [one for folder in folders for one in leftovers(folder)] == []


class PlainNode:
    """A node as Flower comes: no launcher, the environment of whoever starts it.

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
        command = [
            str(BIN / "flower-supernode"),
            *("--superlink", f"127.0.0.1:{federation.port}"),
            *("--root-certificates", str(federation.coordinator / "keys" / "ca.crt")),
            *("--auth-supernode-private-key", str(self.folder / "node.key")),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
        variables = environment(self.folder / "flower", f"{BIN}:/usr/bin:/bin")
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


@pytest.fixture
def plain_node(tmp_path: Path) -> PlainNode:
    """A node as Flower comes."""
    return PlainNode(tmp_path / "plain")
