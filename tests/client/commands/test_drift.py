"""The command that says whether a scanner has changed, and by its exit code."""

from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from client.cli import app
from client.preparation.paths import records_folder
from client.site import site_file
from tests.scanner_records import records
from tests.small_hospital import study


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"name": "here", "data": {"dicom": "in"}}))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study().model_dump(mode="json", exclude_defaults=True)))
    return tmp_path


def asked(hospital: Path, **drawn: int) -> Result:
    """Say what of patients who were drawn so; nothing is prepared where nothing is drawn."""
    if drawn:
        folder = records_folder(site_file.load(hospital / "site.yaml"), study())
        for number, record in enumerate(records(**drawn)):
            record.write(folder / f"{number:016x}.json")
    return CliRunner().invoke(app, ["drift", str(hospital / "study.yaml"), "--site", str(hospital / "site.yaml")])


def test_a_change_ends_with_1_and_names_what_changed_most(hospital: Path) -> None:
    run = asked(hospital, upgrade=20, change=20)
    words = " ".join(run.output.split())
    assert run.exit_code == 1, run.output
    assert "ACME One 3 T: 40 patients" in words
    assert "software A to B, first patient 2025-01-21" in words
    assert "most: signal_to_noise" in words


def test_no_change_ends_with_0(hospital: Path) -> None:
    run = asked(hospital, patients=40)
    assert run.exit_code == 0, run.output
    assert "no change beyond chance in 3 measurements" in " ".join(run.output.split())


def test_few_patients_tell_nothing(hospital: Path) -> None:
    run = asked(hospital, patients=6)
    assert run.exit_code == 0
    assert "too few patients: a change is only seen with" in " ".join(run.output.split())


def test_without_prepared_patients_it_says_what_to_do(hospital: Path) -> None:
    run = asked(hospital)
    assert run.exit_code != 0
    assert "run mrfed-site prepare for tiny first" in " ".join(run.output.split())
