"""A model bundle at a hospital: ranks, risks, refusals, and whose model it is."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from client.cli import app
from client.cohort import table as site_table
from client.prediction import predict
from client.prediction.unseen_site import join, score
from client.site.site_file import Site
from server.report.card import card
from shared.errors import Code, MrfedError
from shared.federation import identity
from shared.files import document
from shared.results import bundle
from shared.study.study import Study
from simulations.ownership import coordinator_key
from simulations.simulate import simulate

pytestmark = pytest.mark.slow

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


@pytest.fixture
def told(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> tuple[Path, Site]:
    """The bundle of a study of alpha and beta, and gamma, which took no part; its patients are simulated."""
    content = study.model_dump()
    content["federation"]["sites"] = ("alpha", "beta")
    content["evaluation"]["leave_one_site_out"] = False
    sites = settle(tables)
    pair = Study.model_validate(content)
    result = simulate(pair, sites[:2], tmp_path / "pair")
    path = tmp_path / bundle.NAME
    bundle.write(path, bundle.of_result(result), card(result), coordinator_key(tmp_path / "pair"))
    return path, sites[2].model_copy(update={"patients": "simulated"})


def table_of(site: Site, path: Path) -> site_table.Table:
    assert site.data.features is not None
    return site_table.load(site, bundle.read(path).model.study, site.data.features, labelled=False)


def test_ranks_follow_the_model_and_labels_make_risks(told: tuple[Path, Site]) -> None:
    path, gamma = told
    trained, table = bundle.read(path).model, table_of(gamma, path)
    found = predict.predict(gamma, trained, table)
    logit = score(join(table, trained, apart=True).u, table.features, trained)
    assert np.argsort([one.rank for one in found.patients]).tolist() == np.argsort(logit).tolist()
    risks = [one.risk for one in found.patients]
    assert None not in risks
    assert np.argsort(risks).tolist() == np.argsort(logit).tolist()  # type: ignore[arg-type]
    assert "recalibrated on 28 labelled patients" in found.lines[-1]
    threshold = trained.model.threshold
    assert threshold is not None
    called = [one.called for one in found.patients]
    assert called == ["low" if one >= threshold else "zero" for one in risks]  # type: ignore[operator]
    assert len(set(called)) == 2


def test_without_labels_there_is_no_risk(told: tuple[Path, Site]) -> None:
    path, gamma = told
    rows = pd.read_csv(gamma.data.features)  # type: ignore[arg-type]
    rows.assign(ihc=np.nan).to_csv(gamma.data.features, index=False)
    found = predict.predict(gamma, bundle.read(path).model, table_of(gamma, path))
    assert {(one.risk, one.called) for one in found.patients} == {(None, None)}
    assert found.lines[-1].startswith("ranks only")


def test_a_patient_outside_the_training_range_is_refused_with_the_features(told: tuple[Path, Site]) -> None:
    path, gamma = told
    rows = pd.read_csv(gamma.data.features)  # type: ignore[arg-type]
    rows.loc[5, "f2"] += 500 * rows["f2"].std()
    rows.to_csv(gamma.data.features, index=False)
    trained, table = bundle.read(path).model, table_of(gamma, path)
    odd = str(rows.loc[5, "patient"])
    # learned from her too, the hospital's own spread would be so wide that she seems to lie inside
    assert (predict.distances(join(table, trained).u, table.features, trained.model) <= trained.reach_sd).all()
    refused = {one.patient: one for one in predict.predict(gamma, trained, table).patients if one.outside}
    assert set(refused) == {odd}
    assert refused[odd].outside == ("f2",)
    assert (refused[odd].rank, refused[odd].risk) == (None, None)
    [only] = predict.predict(gamma, trained, table, [odd]).patients
    assert only == refused[odd]


def test_somebody_without_a_row_is_named(told: tuple[Path, Site]) -> None:
    path, gamma = told
    with pytest.raises(MrfedError, match=r"patient nobody has no usable row") as caught:
        predict.predict(gamma, bundle.read(path).model, table_of(gamma, path), ["nobody"])
    assert caught.value.code is Code.DATA_MISSING


def test_a_model_of_simulated_patients_is_refused_for_real_ones(told: tuple[Path, Site]) -> None:
    path, gamma = told
    real = gamma.model_copy(update={"patients": "real"})
    with pytest.raises(MrfedError, match="says nothing about real ones") as caught:
        predict.predict(real, bundle.read(path).model, table_of(gamma, path))
    assert caught.value.code is Code.REFUSED


def test_the_command_asks_whose_model_it_is_and_writes_the_table(told: tuple[Path, Site], tmp_path: Path) -> None:
    path, gamma = told
    file, out = tmp_path / "site.yaml", tmp_path / "predictions.csv"
    file.write_bytes(document.canonical(gamma))
    arguments = ["predict", str(path), "--site", str(file), "--out", str(out)]
    unknown = CliRunner().invoke(app, arguments)
    assert unknown.exit_code != 0
    assert "compare it by telephone" in unknown.output.replace("\n", " ")
    right = identity.fingerprint(bundle.read(path).coordinator)
    wrong = CliRunner().invoke(app, [*arguments, "--fingerprint", right[::-1]])
    assert wrong.exit_code != 0
    assert not out.exists()
    ran = CliRunner().invoke(app, [*arguments, "--fingerprint", right])
    assert ran.exit_code == 0, ran.output
    assert "SIMULATED PATIENTS" in ran.output
    written = pd.read_csv(out)
    assert list(written.columns) == ["patient", "batch", "rank", "risk", "called", "outside"]
    assert len(written) == 28
    assert json.loads(document.canonical(gamma))["patients"] == "simulated"
