"""A federation of three synthetic sites, started once for all network tests of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.loopback import Federation, leftovers
from tests.network.plain_node import PlainNode
from tests.network.three_sites import approve, connect, settle


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
    assert [one for folder in folders for one in leftovers(folder)] == []


@pytest.fixture
def approved(federation: Federation, folders: list[Path]) -> Federation:
    """Three sites that have approved the study for one run."""
    approve(federation, folders)
    return federation


@pytest.fixture
def plain_node(tmp_path: Path) -> PlainNode:
    """A node as Flower comes."""
    return PlainNode(tmp_path / "plain")
