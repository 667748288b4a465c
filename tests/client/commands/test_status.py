"""The command that says whether the hospital is connected, what it approved and what its scanners do."""

import json
import os
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from client.cli import app
from client.node.unit import Unit
from client.preparation.paths import records_folder
from client.review.journal import Decision, Journal, Verdict, Why
from client.site import site_file
from server.network import certificates
from shared.federation import identity, introduction
from shared.federation.introduction import Invitation
from shared.services.processes import Identity, Record
from simulations.ownership import approve_everywhere
from tests.scanner_records import records
from tests.small_hospital import study


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    """A hospital that has been invited."""
    (tmp_path / "in").mkdir()
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"name": "a", "data": {"dicom": "in"}}))
    invited = Unit(site_file.load(tmp_path / "site.yaml"), tmp_path / "site.yaml")
    key = Ed25519PrivateKey.generate()
    certificates.create_authority(tmp_path / "keys", "mrfed test", b"words of a test")
    signed = Invitation(
        site="a",
        identity=identity.public_hex(key),
        federation="test",
        address="fl.example.org:8443",
        ca_certificate=(tmp_path / "keys" / "ca.crt").read_text(),
    ).signed(key)
    invited.folder.mkdir(parents=True)
    introduction.save(signed, invited.invitation_file)
    return invited


def said(unit: Unit) -> Result:
    return CliRunner().invoke(app, ["status", "--site", str(unit.site_file)])


def test_a_hospital_that_is_not_connected(unit: Unit) -> None:
    run = said(unit)
    assert run.exit_code == 0, run.output
    assert "a: not connected; run mrfed-site join" in run.output
    assert "All studies so far have spent epsilon 0.00" in run.output


def test_a_connected_hospital_says_where_to_and_since_when(unit: Unit) -> None:
    unit.processes.mkdir(parents=True)
    own = Identity.of(os.getpid())
    assert own is not None
    Record(own, {}, ready=True).save(unit.processes / "processes.json")
    assert "a: connecting" in said(unit).output
    unit.connection.write_text(json.dumps({"since": 1_760_000_000}))
    assert "a: connected to test at fl.example.org:8443 since 2025-10-0" in said(unit).output


def test_without_an_invitation_it_says_what_to_do(unit: Unit) -> None:
    unit.invitation_file.unlink()
    run = said(unit)
    assert run.exit_code != 0
    assert "ask the coordinator for an invitation" in " ".join(run.output.split())


def test_approved_studies_with_who_was_rejected_and_what_scanners_did(unit: Unit) -> None:
    asked = study()
    who = {"reader": "Dr Lee", "account": "lee", "patient": "P00", "images": "0" * 64}
    Journal(unit.site.workspace).add(Decision(**who, verdict=Verdict.REJECTED, why=(Why.MOTION,)))
    for number, record in enumerate(records(upgrade=20, change=20)):
        record.write(records_folder(unit.site, asked) / f"{number:016x}.json")
    others = [unit.site.model_copy(update={"name": name, "workspace": unit.folder / name}) for name in "bc"]
    approve_everywhere(asked, [unit.site, *others], Ed25519PrivateKey.generate())
    words = " ".join(said(unit).output.split())
    assert f"approved: tiny version 1, {asked.digest[:12]}, until 2030-12-31" in words
    assert "1 patients had been rejected at review by then" in words
    assert "scanner changed: " in words
    assert "its result" not in words
