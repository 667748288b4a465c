"""Identifiers planted in everything that a hospital has, looked for in every byte that leaves it."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flwr.app import Error, Message
from flwr.common.serde import message_to_proto

from client.approval import approval
from client.cohort import table
from client.exchange.answers import enroll
from client.exchange.run import Run
from client.site.site_file import Columns, Data, Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.errors import MrfedError
from shared.federation.messages import Question
from shared.study.study import Study
from simulations.ownership import approve_everywhere, coordinator_key
from tests.capturing_grid import CapturingGrid
from tests.conftest import table_of
from tests.network_hospitals import hospitals, network_study

pytestmark = [pytest.mark.attack, pytest.mark.slow]

PATIENT, FILE, NOTE, VALUE = (
    "Musterfrau^Erika^19530417",
    "musterfrau-erika-export",
    "calls her sister Heidi",
    98765.4321,
)
MARKERS = [
    *(text.encode(form) for text in (PATIENT, FILE, NOTE, repr(VALUE)) for form in ("utf-8", "utf-16-le")),
    *(np.array([VALUE], kind).tobytes() for kind in ("<f8", ">f8", "<f4")),
]


def found(content: bytes) -> list[bytes]:
    return [marker for marker in MARKERS if marker in content]


@pytest.fixture
def sites(tmp_path: Path) -> list[Site]:
    """Three hospitals; the first has a patient whose name is everywhere."""
    settled = []
    for seed, name in enumerate(("alpha", "beta", "gamma")):
        folder = tmp_path / "sites" / name
        folder.mkdir(parents=True)
        rows = table_of(name, 24, seed).assign(note="", side="left")
        if name == "alpha":
            rows.loc[3, ["patient", "note", "f2"]] = [PATIENT, NOTE, VALUE]
        path = folder / (f"{FILE}.csv" if name == "alpha" else "table.csv")
        rows.to_csv(path, index=False)
        columns = Columns(ihc="ihc", ish="ish")
        data = Data(features=path)
        settled.append(Site(name=name, data=data, columns=columns, feature_columns="f", workspace=folder / "workspace"))
    return settled


def run(study: Study, sites: list[Site], folder: Path) -> tuple[CapturingGrid, Journal]:
    key, journal = coordinator_key(folder), Journal(folder / "journal")
    approve_everywhere(study, sites, key)
    grid = CapturingGrid(sites)
    conduct(Federation(grid, study, "run", journal, key, grid.nodes))
    return grid, journal


def test_identifiers_in_tables_and_file_names(
    study: Study, sites: list[Site], tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    grid, journal = run(study, sites, tmp_path)
    there = table.load(sites[0], study, sites[0].data.features, frozenset())  # type: ignore[arg-type]
    naive = there.x.tobytes() + "\n".join([*there.patients, str(sites[0].data.features)]).encode()
    assert len(found(naive)) >= 3
    assert len(grid.left) > 10_000
    assert found(grid.left) == []
    assert found(b"".join(path.read_bytes() for path in journal.folder.glob("*"))) == []
    gained(
        "Identifiers in tables and file names",
        "name, file and value in a table that is sent",
        f"none in the {len(grid.left)} bytes that left, nor in the coordinator's journal",
    )


def broken(kind: str, sites: list[Site], study: Study) -> Study:
    """Spoil the first hospital's table so that the error names the patient or the file."""
    path = sites[0].data.features
    assert path is not None
    rows = pd.read_csv(path)
    if kind == "column":
        rows.drop(columns="ihc").to_csv(path, index=False)
    elif kind == "number":
        rows["age"] = rows["age"].astype(object)
        rows.loc[3, "age"] = NOTE
        rows.to_csv(path, index=False)
    else:
        rows.loc[3, "side"] = PATIENT
        rows.to_csv(path, index=False)
        covariates = [{"column": "side", "kind": "categorical"}]
        content = study.model_dump()
        return Study.model_validate(
            {**content, "harmonization": {**content["harmonization"], "covariates": covariates}}
        )
    return study


@pytest.mark.parametrize("kind", ["column", "number", "category"])
def test_identifiers_in_errors(
    kind: str,
    study: Study,
    sites: list[Site],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    gained: Callable[[str, str, str], None],
) -> None:
    """A missing column, a text in a column of numbers, a name in a column of categories."""
    asked = broken(kind, sites, study)
    with caplog.at_level(logging.ERROR, logger="client"):
        grid, _ = run(asked, sites, tmp_path)
    # What Flower's client would have sent of the same error.
    message = grid.create_message(Question(asked.digest, "again", "enroll").to_records(), "query", 1, "enroll")
    approved = approval.latest(sites[0].workspace, asked.digest)
    assert approved is not None
    with pytest.raises((MrfedError, ValueError)) as raised:
        enroll.answer(Run(sites[0], approved, "again"), Question(asked.digest, "again", "enroll"))
    reply = Message(Error(code=0, reason=f"{type(raised.value)}:<'{raised.value}'>"), reply_to=message)
    assert found(message_to_proto(reply).SerializeToString()) != []
    assert found(caplog.text.encode()) != []
    assert found(grid.left) == []
    gained(
        f"Identifiers in errors ({kind})",
        "the error's text, with a name or a file, in Flower's reply",
        "a code; the text stays in the site's log",
    )


def test_identifiers_of_pictures_in_a_networks_study(tmp_path: Path, gained: Callable[[str, str, str], None]) -> None:
    """A patient's name is that of her picture, of its folder and of the index."""
    sites = hospitals(tmp_path / "sites", patients=10)
    home = tmp_path / "sites" / "alpha"
    rows = pd.read_csv(home / "index.csv")
    (home / PATIENT).mkdir()
    (home / rows.loc[3, "file"]).rename(home / PATIENT / f"{FILE}.png")
    rows.loc[3, ["patient", "file"]] = [PATIENT, f"{PATIENT}/{FILE}.png"]
    rows.to_csv(home / f"{FILE}.csv", index=False)
    sites[0] = sites[0].model_copy(update={"data": Data(images=home / f"{FILE}.csv")})
    grid, journal = run(network_study(training={"rounds": 1}), sites, tmp_path)
    assert len(found((home / f"{FILE}.csv").read_bytes())) >= 2
    assert journal.find("round-0") is not None
    assert len(grid.left) > 10_000
    assert found(grid.left) == []
    assert found(b"".join(path.read_bytes() for path in journal.folder.rglob("*") if path.is_file())) == []
    gained(
        "Identifiers of pictures in a network's study",
        "name and file in an index that is sent",
        f"none in the {len(grid.left)} bytes that left, nor in the coordinator's journal",
    )
