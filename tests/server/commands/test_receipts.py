"""The coordinator's receipts, from its journal to the hospital's check of its log."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from client.cli import app as hospital
from client.site.site_file import Site
from server.cli import app as coordinator
from shared.study.study import Study
from simulations.simulate import simulate

pytestmark = pytest.mark.slow

Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]


@pytest.fixture
def run(study: Study, tables: dict[str, pd.DataFrame], settle: Settle, tmp_path: Path) -> tuple[Site, Path]:
    """A finished study: one of its sites with its site file, and the coordinator's folder."""
    sites = settle(tables)
    simulate(study, sites, tmp_path / "out")
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump(sites[1].model_dump(mode="json")))
    return sites[1], path


def test_a_log_that_was_cut_off_does_not_reach_the_receipts(run: tuple[Site, Path], tmp_path: Path) -> None:
    beta, path = run
    printed = CliRunner().invoke(coordinator, ["receipts", str(tmp_path / "out"), "beta"])
    assert printed.exit_code == 0
    assert len(json.loads(printed.stdout)) == len(list((tmp_path / "out" / "journal").glob("*.npz")))
    (tmp_path / "receipts.json").write_text(printed.stdout)
    check = ["audit", "verify", "--site", str(path), "--receipts", str(tmp_path / "receipts.json")]
    assert CliRunner().invoke(hospital, check).exit_code == 0

    lines = beta.audit_log.read_text().splitlines(keepends=True)
    beta.audit_log.write_text("".join(lines[:-4]))
    assert CliRunner().invoke(hospital, ["audit", "verify", "--site", str(path)]).exit_code == 0
    cut = CliRunner().invoke(hospital, check)
    assert cut.exit_code != 0
    assert "the log was cut off" in " ".join(cut.output.split())


def test_a_hospital_that_took_no_part_has_no_receipts(run: tuple[Site, Path], tmp_path: Path) -> None:
    outcome = CliRunner().invoke(coordinator, ["receipts", str(tmp_path / "out"), "delta"])
    assert outcome.exit_code != 0
