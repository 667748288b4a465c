"""A feasibility study: what the sites could bring, in counts that identify nobody."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from client.approval import approval, text
from client.site.site_file import Site
from server import outcome
from server.cli import app
from server.conduct import carry_out
from server.federation import Federation
from server.journal import Journal
from server.planning import feasibility_of
from server.report.survey import render
from server.results.survey import Survey
from shared.metrics.power import stratified_error
from shared.privacy.disclosure_rules import broken_rules
from shared.privacy.policy import Policy
from shared.study import study as study_file
from shared.study.study import Study
from shared.study.study_sections import Purpose
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def asked(study: Study, sites: list[Site], folder: Path) -> Survey:
    key = coordinator_key(folder)
    approve_everywhere(study, sites, key)
    grid = InProcessGrid(sites)
    found = carry_out(Federation(grid, study, "run", Journal(folder / "journal"), key, grid.nodes))
    assert isinstance(found, Survey)
    return found


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
    (prospect,) = found.prospects
    assert (prospect.sites, prospect.target, prospect.external) == (("alpha", "beta", "gamma"), "low", False)
    assert prospect.detectable_auc == pytest.approx(0.70, abs=0.02)
    # the result is at every site, signed
    folder = approval.latest(sites[0].workspace, planned.digest)
    assert folder is not None
    assert json.loads((folder.folder / "result.json").read_text())["study_digest"] == planned.digest


def test_a_class_of_few_hides_both_classes(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    tables["alpha"].loc[3:, "ihc"] = "0"  # one low is left
    found = asked(feasibility_of(study), settle(tables), tmp_path)
    assert found.sites[0].classes == (None, None)
    assert [one.sites for one in found.prospects] == [("beta", "gamma")]


def test_several_classes_are_judged_each_and_external_sites_apart(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    tables["alpha"]["ihc"] = ["0", "1+", "3+", "3+"] * 5
    tables["beta"]["ihc"] = ["0", "1+", "1+"] * 8
    tables["gamma"]["ihc"] = ["0", "1+", "1+", "3+"] * 7
    content = study.model_dump() | {"question": {"endpoint": "her2-three-classes", "patients": "simulated"}}
    content["model"] = {"kind": "ordinal"}
    content["evaluation"] |= {"leave_one_site_out": False, "external_sites": ("gamma",)}
    found = asked(feasibility_of(Study.model_validate(content)), settle(tables), tmp_path)
    said = [(one.target, one.external, one.sites) for one in found.prospects]
    names = [one.name for one in found.study.question.endpoint.classes]
    training = [("alpha", "beta"), ("alpha", "beta"), ("alpha",)]  # beta has none of the third class
    assert said == [
        *((name, False, sites) for name, sites in zip(names, training, strict=True)),
        *((name, True, ("gamma",)) for name in names),
    ]
    expected = stratified_error(0.75, [(5, 15), (8, 16)])
    assert found.prospects[0].half_width == pytest.approx(1.959963984540054 * expected)
    page = render(found)
    assert f"an AUC within sites of {names[0]} against the others" in page
    assert "Tested on the usable patients of gamma, who train nothing" in page


@pytest.mark.slow
def test_a_site_that_cannot_answer_says_nothing_and_stops_nobody(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    tables["alpha"] = tables["alpha"][:3]
    found = asked(feasibility_of(study), settle(tables), tmp_path)
    assert [one.site for one in found.sites] == ["beta", "gamma"]
    assert found.absent == (("alpha", "too-few-patients"),)


def test_policy_and_words(study: Study) -> None:
    planned = feasibility_of(study)
    assert planned.purpose is Purpose.FEASIBILITY
    assert "minimum is 10" in " ".join(broken_rules(Policy(), planned, "alpha", None, ()))
    assert text.exchanges(planned) == 3
    assert any("only asks what this site could bring" in one for one in text.computed(planned))
    assert {one.step for one in text.leaves(planned)} == {"enroll", "survey"}


def test_page_and_command(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    found = asked(feasibility_of(study), settle(tables), tmp_path / "run")
    html = outcome.write(found, tmp_path / "out", coordinator_key(tmp_path)).read_text()
    assert "would be told from chance with 80 % power" in html
    assert Survey.model_validate_json((tmp_path / "out" / "result.json").read_text()) == found
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))
    said = CliRunner().invoke(app, ["feasibility", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "first.yaml")])
    assert said.exit_code == 0, said.output
    assert study_file.load(tmp_path / "first.yaml").name == "three-sites-feasibility"
