"""The command that serves the review: an address for this machine, until it is interrupted."""

import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from client.cli import app
from client.preparation.paths import records_folder
from client.preparation.record import Record
from client.site import site_file
from tests.small_hospital import study

# Tests may run in the background, where processes begin with interruption ignored.
INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from client.cli import app
app()
"""


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "site.yaml").write_text(yaml.safe_dump({"name": "here", "data": {"dicom": "in"}}))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study().model_dump(mode="json", exclude_defaults=True)))
    return tmp_path


@pytest.mark.processes
def test_it_serves_the_page_at_a_secret_address_until_interrupted(hospital: Path) -> None:
    folder = records_folder(site_file.load(hospital / "site.yaml"), study())
    Record("k", "P1", scanner="ACME One 3 T", features={"early.tumour.Mean": 1.0}).write(folder / f"{1:016x}.json")
    command = [sys.executable, "-c", INTERRUPTIBLE, "review", str(hospital / "study.yaml")]
    process = subprocess.Popen(
        [*command, "--site", str(hospital / "site.yaml"), "--reader", "Dr Lee"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(line.strip() for line in process.stdout if line.startswith("http"))
        asked = urlsplit(address)
        assert asked.hostname == "127.0.0.1"
        connection = HTTPConnection(asked.hostname, asked.port or 0, timeout=30)
        for path, wanted in ((asked.path, 200), ("/", 403)):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == wanted
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "The review has ended; all decisions and scores are kept." in " ".join(rest.split())
    finally:
        process.kill()
        process.wait()


def test_without_prepared_patients_it_says_what_to_do(hospital: Path) -> None:
    run = CliRunner().invoke(app, ["review", str(hospital / "study.yaml"), "--site", str(hospital / "site.yaml")])
    assert run.exit_code != 0
    assert "mrfed-site prepare" in " ".join(run.output.split())
