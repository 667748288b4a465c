"""A small hospital that was prepared once, and a server of its review for each test that asks."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from client.preparation.prepare import prepare
from client.review.server import Server
from client.review.session import ReviewSession
from client.site.site_file import Data, Site
from shared.study.study import Study
from tests.small_hospital import study, write_patient


@pytest.fixture(scope="session")
def asked() -> Study:
    """The small hospital's study, with rings and registration."""
    return study(
        imaging={
            "sequences": ["dce"],
            "phases": {"early_s": 60, "late_s": 200},
            "steps": [{"step": "register", "deformable": False}],
        },
        radiomics={
            "preset": "ibsi",
            "log_sigma_mm": [],
            "regions": [{"region": "tumour"}, {"region": "ring", "to_mm": 3}],
        },
    )


@pytest.fixture(scope="session")
def prepared(asked: Study, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Three patients, prepared; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("hospital")
    for number in (1, 2, 3):
        write_patient(folder / "in" / f"{number}", f"P{number}", seed=number)
    site = Site(name="here", data=Data(dicom=folder / "in"), workspace=folder / "workspace")
    prepare(site, asked)
    return site


@pytest.fixture
def hospital(prepared: Site, tmp_path: Path) -> Site:
    """The same with a workspace of its own."""
    shutil.copytree(prepared.workspace, tmp_path / "workspace")
    return prepared.model_copy(update={"workspace": tmp_path / "workspace"})


@pytest.fixture
def serve(hospital: Site, asked: Study) -> Iterator[Callable[[str], Server]]:
    """Serve the review for a reader."""
    servers: list[Server] = []

    def begin(reader: str = "Dr Lee") -> Server:
        server = Server(ReviewSession(hospital, asked, reader, account="lee"))
        servers.append(server)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()
