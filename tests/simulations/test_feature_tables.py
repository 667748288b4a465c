"""Simulated hospitals with ready feature tables, and the study of a number that runs on them."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from shared.errors import MrfedError
from shared.results.result import Result
from simulations import feature_tables, scenario
from simulations.cli import app


def test_equal_seeds_give_equal_bytes_and_the_patients_of_the_cohort(tmp_path: Path) -> None:
    demo = scenario.load("demo")
    first = feature_tables.write(demo, tmp_path / "first", 3, 8)
    feature_tables.write(demo, tmp_path / "second", 3, 8)
    assert [path.parent.name for path in first] == [path.name for path in demo.hospitals]
    for path in first:
        for name in ("site.yaml", "clinical.csv", "features.csv"):
            same = tmp_path / "second" / path.parent.name / name
            assert (path.parent / name).read_bytes() == same.read_bytes()
    table, clinical = (pd.read_csv(first[0].parent / name) for name in ("features.csv", "clinical.csv"))
    assert table["patient"].tolist() == clinical["patient"].tolist()
    assert table.shape == (8, 41)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    with pytest.raises(MrfedError, match="not an empty folder"):
        feature_tables.write(scenario.load("demo"), tmp_path, 1, 3)


def test_proliferation_tells_of_ki67_and_scanners_differ(tmp_path: Path) -> None:
    sites = feature_tables.write(scenario.load("demo"), tmp_path, 1, 200)
    means = []
    for site in sites:
        table = pd.read_csv(site.parent / "features.csv")
        ki67 = pd.read_csv(site.parent / "clinical.csv")["ki67"]
        assert table["x.proliferation-1"].corr(ki67, method="spearman") > 0.85
        means.append(table["x.ve-1"].mean())
    assert max(means) - min(means) > 0.3


@pytest.mark.slow
def test_the_ready_made_study_of_ki67_runs_on_them(tmp_path: Path) -> None:
    runner = CliRunner()
    written = runner.invoke(app, ["tables", "--out", str(tmp_path / "tables"), "--patients", "26"])
    assert written.exit_code == 0, written.output
    done = runner.invoke(
        app, ["run", "ki67-tables", "--cohort", str(tmp_path / "tables"), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "SIMULATED PATIENTS" in done.output
    result = Result.model_validate_json((tmp_path / "out" / "result.json").read_text())
    assert len(result.exchanges) == 12
    unseen = next(view_residuals for view_residuals in result.residuals if view_residuals.view.frozen)
    assert unseen.within.concordance is not None
    assert unseen.within.concordance > 0.75
    assert (tmp_path / "out" / "model.mrfed").is_file()
