"""A scanner that was not in the fit, at a hospital that was; and newcomers to studies of every kind."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.cohort import table as site_table
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.prediction import kept_effects
from client.prediction.unseen_site import join
from client.prediction.unseen_site_table import write
from client.site.site_file import Site
from harmonization.combat import Settings, apply, fit_batch
from shared.errors import Code, MrfedError
from shared.results.bundle import of_result
from shared.results.result import Result
from shared.study.plan import LeftOutSite
from shared.study.study import Study
from simulations.simulate import simulate
from tests.scanned_sites import Settle, Tables, scanned, with_settings

pytestmark = pytest.mark.slow


def of_two(study: Study, **harmonization: object) -> Study:
    content = with_settings(study, **harmonization).model_dump()
    content["federation"]["sites"] = ("alpha", "beta")
    content["evaluation"]["leave_one_site_out"] = False
    return Study.model_validate(content)


def table_file(site: Site) -> Path:
    assert site.data.features is not None
    return site.data.features


def own_run(site: Site, study: Study) -> Run:
    approved = approval.latest(site.workspace, study.digest)
    assert approved is not None
    return Run(site, approved, "simulation")


def add_scanner(site: Site, patients: int) -> None:
    """Patients of a scanner that the study never saw, which doubles and moves what it measures."""
    rows = pd.read_csv(table_file(site), dtype=str)
    new = rows.iloc[:patients].assign(patient=[f"new-{one}" for one in range(patients)], scanner="C")
    for name in rows.filter(regex=r"^f\d"):
        new[name] = (2 * new[name].astype(float) + 3).astype(str)
    pd.concat([rows, new]).to_csv(table_file(site), index=False)


@pytest.mark.parametrize("batches", [{"batch": "scanner", "smallest_batch": 4}, {"batch": "site"}])
def test_a_new_scanner_joins_and_the_old_ones_keep_their_effects(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, batches: dict[str, object]
) -> None:
    chosen = of_two(study, **batches)
    sites = settle({name: table for name, table in scanned(tables).items() if name != "gamma"})
    result = simulate(chosen, sites, tmp_path / "out")
    run = own_run(sites[0], chosen)
    there = run.part(Harmonized)
    before, x = there.u[0], run.table.x
    consensus, z = there.consensus.fit(0), there.cohort.z
    add_scanner(sites[0], 12)
    table = site_table.load(sites[0], chosen, table_file(sites[0]), labelled=False)
    joined = join(table, of_result(result), kept_effects.find(run.folder))
    new = np.char.startswith(table.patients.astype(str), "new-")
    np.testing.assert_allclose(joined.u[~new], before, rtol=1e-9, atol=1e-9)
    twelve = 2 * x[:12] + 3
    effect = fit_batch(twelve, z[:12], consensus, Settings())
    expected = (apply(twelve, z[:12], consensus, effect) - consensus.alpha) / np.sqrt(consensus.variance)
    order = np.argsort([int(one.removeprefix("new-")) for one in table.patients[new]])
    np.testing.assert_allclose(joined.u[new][order], expected, rtol=1e-9, atol=1e-9)
    said = " ".join(joined.certainty)
    assert "by its effect in the study, at this hospital" in said
    assert "C, 12 patients: a feature's mean is known to" in said
    written = write(sites[0], result, tmp_path / "table.csv")
    assert written.patients == len(table.patients)


def test_a_new_scanner_of_few_patients_is_refused(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    chosen = of_two(study, batch="scanner", smallest_batch=4)
    sites = settle({name: table for name, table in scanned(tables).items() if name != "gamma"})
    result = simulate(chosen, sites, tmp_path / "out")
    add_scanner(sites[0], 3)
    with pytest.raises(MrfedError, match="3 patients of the new batch, and 4 are needed") as caught:
        write(sites[0], result, tmp_path / "table.csv")
    assert caught.value.code is Code.TOO_FEW_PATIENTS


@pytest.mark.parametrize(
    "harmonization",
    [
        {"method": "covbat", "share": 0.8},
        {"transform": "power", "missing": "impute"},
        {"transform": "rank"},
    ],
    ids=["covbat", "power", "rank"],
)
def test_a_new_scanner_is_harmonized_as_if_the_study_had_left_it_out(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, harmonization: dict[str, object]
) -> None:
    if "missing" in harmonization:
        tables["beta"].loc[:5, "f2"] = np.nan
    left_out = with_settings(study, left_out_site="transductive", **harmonization)
    sites = settle(tables)
    simulate(left_out, sites, tmp_path / "three")
    run = own_run(sites[2], left_out)
    [index] = [index for index, fit in enumerate(run.fits) if fit.left_out == LeftOutSite("gamma")]
    pair = of_two(study, **harmonization)
    others = [site.model_copy(update={"workspace": tmp_path / "two" / site.name}) for site in sites[:2]]
    result: Result = simulate(pair, others, tmp_path / "pair")
    table = site_table.load(sites[2], pair, table_file(sites[2]), labelled=False)
    # a transform's powers of two follow the sites that enrolled; the common scale does not
    np.testing.assert_allclose(join(table, of_result(result)).u, run.part(Harmonized).u[index], rtol=1e-8, atol=1e-8)
