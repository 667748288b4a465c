"""A federation of three synthetic sites, started once for all network tests of a worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.loopback import Federation, leftovers
from server.network import settings
from server.network.admission import command
from server.network.settings import CONNECTION
from tests.network.plain_node import PlainNode
from tests.network.three_sites import STUDY, approve, connect, settle


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder for each site."""
    return settle(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="session")
def federation(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """Three sites that are admitted and connected."""
    root = tmp_path_factory.mktemp("federation")
    with Federation(root) as opened:
        connect(opened, folders)
        yield opened
    assert leftovers(root) == []
    assert [leftover for folder in folders for leftover in leftovers(folder)] == []


@dataclass(frozen=True)
class Finished:
    """A run of the study over the network, with a node connected that was registered and never admitted.

    Parameters
    ----------
    folder : where the result lies
    stranger : that node
    online : whether Flower counted it among its nodes meanwhile
    """

    folder: Path
    stranger: PlainNode
    online: bool


@pytest.fixture(scope="session")
def finished(federation: Federation, folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The study, run once for all tests of its result."""
    root = tmp_path_factory.mktemp("finished")
    stranger = PlainNode(root / "stranger")
    number = stranger.register(federation)
    approve(federation, folders)
    with stranger.started(federation) as process:
        assert stranger.connects(process)
        nodes = command(settings.load(federation.coordinator), "supernode", "list", CONNECTION)["nodes"]
        federation.ask(STUDY, root / "out")
    online = {node["node-id"] for node in nodes if node["status"] == "online"}
    return Finished(root / "out", stranger, str(number) in online)


@pytest.fixture
def approved(federation: Federation, folders: list[Path]) -> Federation:
    """Three sites that have approved the study for one run."""
    approve(federation, folders)
    return federation


@pytest.fixture
def plain_node(tmp_path: Path) -> PlainNode:
    """A node as Flower comes."""
    return PlainNode(tmp_path / "plain")
