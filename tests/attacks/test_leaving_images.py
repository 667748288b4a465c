"""Identifiers planted in the tags, names and folders of DICOM exports, looked for in every byte that leaves."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from pydicom import dcmread

from client.preparation.prepare import prepare
from client.site.site_file import Columns, Data, Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.sections.harmonization import LeftOutSite
from shared.study.study import Study
from simulations.ownership import approve_everywhere, coordinator_key
from tests.capturing_grid import CapturingGrid
from tests.small_hospital import study as tiny
from tests.small_hospital import write_patient

pytestmark = [pytest.mark.attack, pytest.mark.slow]

TAGS = {
    "PatientName": "Musterfrau^Erika",
    "PatientBirthDate": "19530417",
    "OtherPatientIDs": "OTHER-4711-ID",
    "PatientAddress": "Heidestrasse 17",
    "PatientComments": "calls her sister Heidi",
    "InstitutionName": "Klinikum Musterstadt",
    "InstitutionAddress": "Musterallee 3",
    "StationName": "MR-KELLER-2",
    "DeviceSerialNumber": "SN-0815-0042",
    "OperatorsName": "Operator^Otto",
    "ReferringPhysicianName": "Referring^Rita",
    "PerformingPhysicianName": "Performing^Paul",
    "AccessionNumber": "ACC-31337",
    "StudyDescription": "Mamma Musterfrau",
    "ProtocolName": "Protokoll Musterfrau",
    "ImageComments": "clip, Musterfrau left",
}
PATIENT, FOLDER = "Erika-1953-PID", "export musterfrau erika"
PRIVATE = "private note on Erika"


def plant(folder: Path) -> None:
    """Write the identifiers into every file, its private block, its scanner's model and its name."""
    for path in sorted(folder.glob("*.dcm")):
        dataset = dcmread(path)
        for keyword, value in TAGS.items():
            setattr(dataset, keyword, value)
        dataset.ManufacturerModelName = "One of Erika Musterfrau"
        dataset.private_block(0x0099, "ACME", create=True).add_new(1, "LO", PRIVATE)
        dataset.save_as(path)
        path.rename(path.with_name(f"Musterfrau_Erika_{path.name}"))


def hospital(folder: Path, name: str, number: int, study: Study) -> Site:
    """Six patients; the first of hospital a has a name everywhere."""
    patients = [PATIENT if name == "a" and not number else f"{name}{number}" for number in range(6)]
    for one, patient in enumerate(patients):
        home = folder / "dicom" / (FOLDER if patient == PATIENT else f"folder {one}")
        write_patient(home, patient, seed=10 * number + one)
        if patient == PATIENT:
            plant(home)
    pd.DataFrame({"patient": patients, "ihc": ["0", "1+"] * 3, "ish": ""}).to_csv(folder / "c.csv", index=False)
    site = Site(
        name=name,
        data=Data(dicom=folder / "dicom", clinical=folder / "c.csv"),
        columns=Columns(ihc="ihc", ish="ish"),
        workspace=folder / "workspace",
        workers=1,
    )
    prepare(site, study)
    return site


def planted_in(content: bytes) -> list[str]:
    """Which identifiers are there."""
    marks = [*TAGS.values(), PATIENT, FOLDER, PRIVATE, "Erika", "Musterfrau"]
    return [mark for mark in marks if mark.encode() in content or mark.encode("utf-16-le") in content]


def test_identifiers_in_dicom_tags_and_file_names(tmp_path: Path, gained: Callable[[str, str, str], None]) -> None:
    study = tiny(
        privacy={"site_sums": "derivable", "minimum_patients": 2},
        evaluation={"folds": 2},
        harmonization={"left_out_site": LeftOutSite.RAW},
        selection={"method": "univariate", "keep": 2},
        training={"max_iterations": 2},
    )
    sites = [hospital(tmp_path / name, name, number, study) for number, name in enumerate(study.federation.sites)]
    exports = b"".join(path.read_bytes() + str(path).encode() for path in (tmp_path / "a" / "dicom").rglob("*.dcm"))
    assert set(TAGS.values()) | {PATIENT, FOLDER, PRIVATE} <= set(planted_in(exports))

    key, journal = coordinator_key(tmp_path), Journal(tmp_path / "journal")
    approve_everywhere(study, sites, key)
    grid = CapturingGrid(sites)
    result = conduct(Federation(grid, study, "run", journal, key, grid.nodes))
    assert result.participants[0].patients == 6
    assert len(grid.left) > 10_000
    assert planted_in(grid.left) == []
    assert planted_in(b"".join(path.read_bytes() for path in journal.folder.glob("*"))) == []
    assert planted_in(result.model_dump_json().encode()) == []
    gained(
        "Identifiers in DICOM tags, file and folder names",
        f"{len(planted_in(exports))} of them in the exports",
        f"none in the {len(grid.left)} bytes that left, the journal or the result",
    )
