"""A hospital that was not in the fit: what it does with the result equals what the study did where it was left out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from client.approval import approval
from client.cli import app
from client.cohort import table as site_table
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.prediction import unseen_site
from client.prediction.unseen_site import join, score
from client.site.site_file import Site
from harmonization.recalibration import Meaning
from server.report import page
from shared.errors import Code, MrfedError
from shared.files import document
from shared.results.bundle import of_result
from shared.results.result import Result
from shared.study.plan import LeftOutSite
from shared.study.study import Study
from simulations.simulate import simulate

pytestmark = pytest.mark.slow

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


@pytest.fixture
def pair(study: Study) -> Study:
    """The study of two sites only; the third comes later."""
    content = study.model_dump()
    content["federation"]["sites"] = ("alpha", "beta")
    content["evaluation"]["leave_one_site_out"] = False
    return Study.model_validate(content)


@pytest.fixture
def told(pair: Study, tables: Tables, settle: Settle, tmp_path: Path) -> tuple[Result, Site]:
    """The result of two sites, and the site that took no part."""
    sites = settle(tables)
    return simulate(pair, sites[:2], tmp_path / "pair"), sites[2]


def features_of(site: Site) -> Path:
    assert site.data.features is not None
    return site.data.features


def test_an_unseen_site_is_harmonized_and_ranked_as_the_site_that_a_study_left_out(
    told: tuple[Result, Site], study: Study, pair: Study, tmp_path: Path
) -> None:
    result, gamma = told
    content = study.model_dump()
    content["harmonization"]["left_out_site"] = "transductive"
    left_out = Study.model_validate(content)
    others = [gamma.model_copy(update={"name": name, "data": data}) for name, data in _data_of(gamma).items()]
    sites = [one.model_copy(update={"workspace": tmp_path / "three" / one.name}) for one in (*others, gamma)]
    simulate(left_out, sites, tmp_path / "three-sites")
    approved = approval.latest(sites[2].workspace, left_out.digest)
    assert approved is not None
    run = Run(sites[2], approved, "simulation")
    [index] = [index for index, fit in enumerate(run.fits) if fit.left_out == LeftOutSite("gamma")]
    table = site_table.load(gamma, pair, features_of(gamma), labelled=False)
    joined = join(table, of_result(result))
    np.testing.assert_allclose(joined.u, run.part(Harmonized).u[index], rtol=1e-9, atol=1e-9)
    logit = score(joined.u, table.features, result)
    last = max(int(path.stem.removeprefix("train-")) for path in (run.folder / "told").glob("train-*.npz"))
    expected = run.part(Learning).designs(index) @ run.part(Learning).learned.trainer(last + 1).coefficients[index, 0]
    np.testing.assert_allclose(logit, expected, rtol=1e-7, atol=1e-7)


def _data_of(site: Site) -> dict[str, object]:
    folder = features_of(site).parents[1]
    return {name: site.data.model_copy(update={"features": folder / name / "table.csv"}) for name in ("alpha", "beta")}


def test_it_needs_no_labels_and_says_how_certain_it_is(told: tuple[Result, Site]) -> None:
    result, gamma = told
    pd.read_csv(features_of(gamma)).drop(columns=["ihc", "ish"]).to_csv(features_of(gamma), index=False)
    table = site_table.load(gamma, result.study, features_of(gamma), labelled=False)
    assert np.isnan(table.y).all()
    [words] = join(table, of_result(result)).certainty
    assert words.startswith("gamma, 28 patients: a feature's mean is known to ±0.")


def test_labels_that_cannot_be_told_leave_nobody_out_and_other_classes_do(told: tuple[Result, Site]) -> None:
    result, gamma = told
    rows = pd.read_csv(features_of(gamma), dtype={"ish": str})
    rows.loc[0, "ihc"], rows.loc[1, "ihc"], rows.loc[2, "ihc"] = "2+", np.nan, "3+"
    rows.to_csv(features_of(gamma), index=False)
    table = site_table.load(gamma, result.study, features_of(gamma), labelled=False)
    assert len(table.y) == 27
    assert np.isnan(table.y).sum() == 2


def test_too_few_patients_are_refused_with_what_could_be_known_of_them(told: tuple[Result, Site]) -> None:
    result, gamma = told
    pd.read_csv(features_of(gamma)).iloc[:3].to_csv(features_of(gamma), index=False)
    table = site_table.load(gamma, result.study, features_of(gamma), labelled=False)
    with pytest.raises(MrfedError, match=r"4 are needed to harmonize it; with 3 .* to ±1\.13") as error:
        join(table, of_result(result))
    assert error.value.code is Code.TOO_FEW_PATIENTS


def test_other_features_are_refused(told: tuple[Result, Site]) -> None:
    result, gamma = told
    pd.read_csv(features_of(gamma)).rename(columns={"f3": "f9"}).to_csv(features_of(gamma), index=False)
    table = site_table.load(gamma, result.study, features_of(gamma), labelled=False)
    with pytest.raises(MrfedError, match=r"f3 \(and 1 more\) are not in both"):
        join(table, of_result(result))


def test_without_labels_there_are_ranks_only_and_with_enough_of_them_risks() -> None:
    random = np.random.default_rng(0)
    logit = random.normal(size=400)
    y = (random.random(400) < 1 / (1 + np.exp(-(logit - 2)))).astype(float)
    assert unseen_site.meaning(logit, np.full(400, np.nan)).meaning is Meaning.RANKING
    local = unseen_site.meaning(logit, y)
    assert local.meaning is Meaning.RISK
    assert local.risk(logit).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_the_command_writes_the_table_and_refuses_real_patients_a_simulated_model(
    told: tuple[Result, Site], tmp_path: Path
) -> None:
    result, gamma = told
    page.write(result, tmp_path / "result")
    file, out = tmp_path / "site.yaml", tmp_path / "harmonized.csv"
    arguments = ["harmonize", str(tmp_path / "result" / "result.json"), "--site", str(file), "--out", str(out)]
    file.write_bytes(document.canonical(gamma.model_copy(update={"patients": "real"})))
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 1
    assert "says nothing about real ones" in refused.output
    file.write_bytes(document.canonical(gamma.model_copy(update={"patients": "simulated"})))
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 0, ran.output
    assert "a feature's mean is known to" in ran.output
    assert "recalibrated on 28 labelled patients" in ran.output
    written = pd.read_csv(out)
    assert list(written.columns[:4]) == ["patient", "batch", "rank", "risk"]
    assert sorted(written["rank"]) == list(range(1, 29))
