"""The command that checks whether a hospital can take part: a line for each check, ok or fix."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from client.cli import app
from client.node import diagnosis
from client.node.diagnosis import Finding


def doctor(folder: Path) -> Result:
    return CliRunner().invoke(app, ["doctor", "--site", str(folder / "site.yaml")])


def test_without_a_site_file_there_is_one_thing_to_fix(tmp_path: Path) -> None:
    run = doctor(tmp_path)
    assert run.exit_code == 1
    versions, site_file, last = run.stderr.splitlines()
    assert versions.split()[:2] == ["ok", "versions"]
    assert site_file.startswith("fix site file")
    assert str(tmp_path / "site.yaml") in site_file
    assert last == "1 to fix before joining."


def test_where_every_check_is_ok_the_hospital_can_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [Finding("versions", True, "as agreed"), Finding("clock", True, "0 s behind the coordinator")]
    monkeypatch.setattr(diagnosis, "findings", lambda site: iter(checks))
    run = doctor(tmp_path)
    assert run.exit_code == 0
    assert [line.split()[:2] for line in run.stderr.splitlines()[:2]] == [["ok", "versions"], ["ok", "clock"]]
    assert "This hospital can join: mrfed-site join" in run.stderr
