"""A feasibility study: what the sites could bring, in counts that identify nobody."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from client import approval, approval_words
from client.objections import objections
from client.policy import Policy
from client.site import Site
from server import outcome
from server.cli import app
from server.federation import Federation
from server.journal import Journal
from server.planning import feasibility_of
from server.stages.survey import survey
from shared import study as study_file
from shared.study import Purpose, Study
from shared.survey import Survey
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def asked(study: Study, sites: list[Site], folder: Path) -> Survey:
    key = coordinator_key(folder)
    approve_everywhere(study, sites, key)
    grid = InProcessGrid(sites)
    return survey(Federation(grid, study, "run", Journal(folder / "journal"), key, grid.nodes))


def test_counts_classes_and_power(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    tables["beta"].loc[:5, "ihc"] = "2+"  # six without ISH: indeterminate
    tables["gamma"].loc[0, "ihc"] = ""  # one, under the minimum of four
    planned = feasibility_of(study)
    sites = settle(tables)
    found = asked(planned, sites, tmp_path)
    alpha, beta, gamma = found.sites
    assert [one.patients for one in found.sites] == [20, 24, 28]
    assert (alpha.usable, alpha.classes, alpha.problems) == (20, (10, 10), ())
    assert (beta.usable, beta.problems) == (18, (("label-indeterminate", 6),))
    assert gamma.problems == (("label-missing", None),)
    assert found.prospect is not None
    assert found.prospect.sites == ("alpha", "beta", "gamma")
    assert found.prospect.detectable_auc == pytest.approx(0.70, abs=0.02)
    # the result is at every site, signed
    folder = approval.latest(sites[0].workspace, planned.digest)
    assert folder is not None
    assert json.loads((folder.folder / "result.json").read_text())["study_digest"] == planned.digest


def test_a_class_of_few_hides_both_classes(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    tables["alpha"].loc[3:, "ihc"] = "0"  # one low is left
    found = asked(feasibility_of(study), settle(tables), tmp_path)
    assert found.sites[0].classes == (None, None)
    assert found.prospect is not None
    assert found.prospect.sites == ("beta", "gamma")


@pytest.mark.slow
def test_a_site_under_the_minimum_says_nothing(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    tables["alpha"] = tables["alpha"][:3]
    with pytest.raises(Exception, match="survey: site alpha answered too-few-patients"):
        asked(feasibility_of(study), settle(tables), tmp_path)


def test_policy_and_words(study: Study) -> None:
    planned = feasibility_of(study)
    assert planned.purpose is Purpose.FEASIBILITY
    assert "minimum is 10" in " ".join(objections(Policy(), planned, "alpha", None, ()))
    assert approval_words.exchanges(planned) == 3
    assert any("only asks what this site could bring" in one for one in approval_words.computed(planned))
    assert {one.step for one in approval_words.leaves(planned)} == {"enroll", "survey"}


def test_page_and_command(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    found = asked(feasibility_of(study), settle(tables), tmp_path / "run")
    html = outcome.write(found, tmp_path / "out", coordinator_key(tmp_path)).read_text()
    assert "would be told from chance with 80 % power" in html
    assert Survey.model_validate_json((tmp_path / "out" / "result.json").read_text()) == found
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))
    said = CliRunner().invoke(app, ["feasibility", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "first.yaml")])
    assert said.exit_code == 0, said.output
    assert study_file.load(tmp_path / "first.yaml").name == "three-sites-feasibility"
