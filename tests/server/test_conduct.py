"""A small study of three synthetic sites, and everything that can go wrong in it."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.cohort.harmonize import Cohort, settings
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.site import audit_log
from client.site.keys import Trust
from client.site.site_file import Site
from harmonization.combat import harmonize_pooled
from server import locked_protocol
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from server.report import render
from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.sections.harmonization import LeftOutSite
from shared.step import Step
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import approve_everywhere, coordinator_key
from simulations.simulate import simulate
from tests.unreliable_grid import DroppingGrid

pytestmark = pytest.mark.slow

Tables = dict[str, pd.DataFrame]
Settle = Callable[[Tables], list[Site]]


def code_of(study: Study, sites: list[Site], folder: Path) -> tuple[Code, str]:
    with pytest.raises(MrfedError) as caught:
        simulate(study, sites, folder)
    return caught.value.code, caught.value.text


def test_a_study_ends_with_every_fit_converged(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    result = simulate(study, settle(tables), tmp_path / "out")
    assert result.model.training.converged
    assert result.model.training.fits == 1 + 3 + 3
    assert [one.patients for one in result.participants] == [20, 24, 28]
    assert [one.step for one in result.exchanges][:5] == ["enroll", "inventory", "describe", "harmonize", "moments"]
    assert len(result.exchanges) <= 16


def test_the_result_names_the_head_of_every_sites_audit_log(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(tables)
    result = simulate(study, sites, tmp_path / "out")
    assert result.provenance.audit_logs == {site.name: audit_log.read(site.audit_log)[-1].hash for site in sites}


def test_the_same_seed_gives_the_same_result_and_another_seed_another(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(tables)
    first, again = (simulate(study, sites, tmp_path / name, run=name) for name in ("first", "again"))
    assert first.fingerprint == again.fingerprint
    other = study.model_copy(update={"evaluation": study.evaluation.model_copy(update={"seed": 2})})
    assert simulate(other, sites, tmp_path / "other").evaluations != first.evaluations


@pytest.mark.parametrize("way", list(LeftOutSite))
def test_a_left_out_site_is_evaluated_in_the_way_that_the_study_says(
    way: LeftOutSite, study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    chosen = study.harmonization.model_copy(update={"left_out_site": way})
    result = simulate(study.model_copy(update={"harmonization": chosen}), settle(tables), tmp_path / "out")
    left_out = result.evaluations[1]
    lent = 4 if way is LeftOutSite.OWN_PATIENTS else 0
    assert left_out.pooled.patients == 72 - 3 * lent


def test_a_study_that_was_not_approved_gets_no_answer(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(tables)
    key = coordinator_key(tmp_path)
    approve_everywhere(study, sites, key)
    for site in sites[1:]:
        approval.revoke(site.workspace, study.digest, Trust(site).log)
    grid = InProcessGrid(sites)
    with pytest.raises(MrfedError, match=r"beta \(study-not-approved\)") as caught:
        conduct(Federation(grid, study, "run", Journal(tmp_path / "journal"), key, grid.nodes))
    assert caught.value.code is Code.QUORUM


def test_a_site_without_a_label_column_is_missed_by_code_alone(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tables["beta"] = tables["beta"].drop(columns="ihc")
    with caplog.at_level(logging.ERROR, logger="client"):
        result = simulate(study, settle(tables), tmp_path / "out")
    assert result.deviations == ("site beta took no part (data-missing)",)
    assert "there is no column 'ihc'" in caplog.text


def test_fewer_sites_than_the_quorum_stop_the_study(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    for name in ("beta", "gamma"):
        tables[name] = tables[name].drop(columns="patient")
    code, text = code_of(study, settle(tables), tmp_path / "out")
    assert code is Code.QUORUM
    assert "1 of at least 2 sites" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.rename(columns={"f5": "f5b"}), "gamma (lacks f5 and has f5b)"),
        (lambda rows: rows.drop(columns=[f"f{one}" for one in range(5)]), "gamma (lacks f0, f1, f2 and 2 more)"),
        (lambda rows: rows[rows.columns[::-1]], "gamma (in another order)"),
    ],
)
def test_sites_with_other_features_do_not_enter_the_same_model_and_are_told_which(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    said: str,
    study: Study,
    tables: Tables,
    settle: Settle,
    tmp_path: Path,
) -> None:
    tables["gamma"] = change(tables["gamma"])
    code, text = code_of(study, settle(tables), tmp_path / "out")
    assert code is Code.SETTINGS_DIFFER
    assert f"features of {said} differ" in text


def test_a_volume_that_is_no_feature_is_named_before_anything_is_computed(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    against = study.comparators.model_copy(update={"volume": "f77"})
    code, text = code_of(study.model_copy(update={"comparators": against}), settle(tables), tmp_path / "out")
    assert code is Code.DATA_MISSING
    assert text.startswith("inventory: comparators.volume: no feature is called f77")


def test_unusable_patients_are_counted_and_named_in_the_local_log_only(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beta = tables["beta"]
    beta.loc[0, "ihc"] = "4+"
    beta.loc[1, "ihc"] = "2+"
    beta.loc[2, "f3"] = np.nan
    beta.loc[3, "age"] = np.nan
    tables["beta"] = pd.concat([beta, beta.iloc[[5]]])
    minimum = study.privacy.model_copy(update={"minimum_patients": 1})
    with caplog.at_level(logging.WARNING, logger="client"):
        result = simulate(study.model_copy(update={"privacy": minimum}), settle(tables), tmp_path / "out")
    found = {one.reason: one.patients for one in result.participants[1].exclusions}
    assert found == {
        "covariate-missing": 1,
        "duplicate-patient": 1,
        "feature-missing": 1,
        "label-indeterminate": 1,
        "label-unreadable": 1,
    }
    assert result.participants[1].patients == 19
    assert caplog.text.count("patient beta-000 is left out: label-unreadable") == 1
    assert "beta-0" not in result.model_dump_json()


def test_a_one_class_site_trains_with_the_others_and_shows_no_auc(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    tables["gamma"]["ihc"] = "0"
    result = simulate(study, settle(tables), tmp_path / "out")
    assert result.model.training.converged
    gamma = result.evaluations[0].sites[2]
    assert (gamma.site, gamma.auc, gamma.positives) == ("gamma", None, None)


def test_sites_of_one_class_together_stop_the_study(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    for table in tables.values():
        table["ihc"] = "0"
    assert code_of(study, settle(tables), tmp_path / "out")[0] is Code.ONE_CLASS


def test_a_constant_feature_changes_no_other(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    with_constant = {name: table.assign(f9=3.25) for name, table in tables.items()}
    sites = settle(tables)
    plain = simulate(study, sites, tmp_path / "plain")
    for site in sites:
        with_constant[site.name].to_csv(site.data.features, index=False)
    constant = simulate(study, sites, tmp_path / "constant", run="constant")
    ours = {one.feature: one.value for one in constant.model.coefficients}
    for one in plain.model.coefficients:
        assert ours[one.feature] == pytest.approx(one.value, rel=1e-12)
    assert ours.get("f9", 0.0) == 0.0


def test_a_site_that_drops_out_stops_the_study_and_resuming_gives_what_an_unbroken_run_gives(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    brief = study.model_copy(update={"federation": study.federation.model_copy(update={"deadline_s": 0.2})})
    sites = settle(tables)
    key = coordinator_key(tmp_path)
    approve_everywhere(brief, sites, key)
    journal = Journal(tmp_path / "journal")
    broken = DroppingGrid(sites, "beta", f"{Step.TRAIN}-1")
    with pytest.raises(MrfedError, match="train-1: site beta did not answer") as caught:
        conduct(Federation(broken, brief, "run", journal, key, broken.nodes))
    assert caught.value.code is Code.NO_ANSWER
    whole = InProcessGrid(sites)
    resumed = conduct(Federation(whole, brief, "run", journal, key, whole.nodes))
    assert resumed.fingerprint == simulate(brief, settled_again(sites, tmp_path), tmp_path / "unbroken").fingerprint


def settled_again(sites: list[Site], tmp_path: Path) -> list[Site]:
    """The same sites with empty workspaces."""
    return [site.model_copy(update={"workspace": tmp_path / "again" / site.name}) for site in sites]


@pytest.mark.parametrize(
    "choice",
    [
        {"empirical_bayes": False},
        {"parametric": False},
        {"mean_only": True},
        {"method": "none"},
        {"covariates": ({"column": "age", "kind": "spline", "knots": (35.0, 50.0, 65.0)},)},
        {"covariates": ({"column": "side", "kind": "categorical"},)},
    ],
    ids=str,
)
def test_every_choice_of_harmonization_reaches_the_end(
    choice: dict[str, object], study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sided = {name: table.assign(side=np.where(table.index % 3 == 0, "left", "right")) for name, table in tables.items()}
    content = study.model_dump()
    content["harmonization"].update(choice)
    chosen = Study.model_validate(content)
    sites = settle(sided)
    assert simulate(chosen, sites, tmp_path / "out").model.training.converged
    approved = approval.latest(sites[0].workspace, chosen.digest)
    assert approved is not None
    run = Run(sites[0], approved, "simulation")
    cohort, consensus = run.part(Harmonized).cohort, run.part(Harmonized).consensus.fit(0)
    table = np.concatenate([site_cohort(site, chosen).x for site in sites])
    pooled = harmonize_pooled(
        table,
        np.concatenate([site_cohort(site, chosen).batch for site in sites]),
        np.concatenate([site_cohort(site, chosen).z for site in sites]),
        settings(chosen.harmonization),
    )
    expected = pooled.x if chosen.harmonization.method != "none" else table
    ours = run.part(Harmonized).u[0] * np.sqrt(consensus.variance) + consensus.alpha
    np.testing.assert_allclose(ours, expected[: len(cohort.x)], rtol=1e-9, atol=1e-9)


def site_cohort(site: Site, study: Study) -> Cohort:
    """A site's patients, read back from its run."""
    approved = approval.latest(site.workspace, study.digest)
    assert approved is not None
    return Run(site, approved, "simulation").part(Harmonized).cohort


def test_a_site_with_fewer_patients_than_the_minimum_says_nothing_about_them(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    tables["gamma"] = tables["gamma"].iloc[:3]
    result = simulate(study, settle(tables), tmp_path / "out")
    assert result.deviations == ("site gamma took no part (too-few-patients)",)


def test_patients_who_were_not_known_at_approval_are_held_against_the_policy(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Four patients of one class at a site whose sums can be concluded, under a policy of ten."""
    tables["beta"]["ihc"] = np.where(np.arange(24) < 4, "1+", "0")
    sites, key = settle(tables), coordinator_key(tmp_path)
    ten = study.model_copy(update={"privacy": study.privacy.model_copy(update={"minimum_patients": 10})})
    approve_everywhere(ten, sites, key, Policy(minimum_sites=1, reason="a test"))
    grid = InProcessGrid(sites)
    with caplog.at_level(logging.ERROR, logger="client"), pytest.raises(MrfedError, match=r"beta \(too-few-patients\)"):
        conduct(Federation(grid, ten, "run", Journal(tmp_path / "journal"), key, grid.nodes))
    assert "its totals isolate the patients of class low" in caplog.text


def test_a_folder_with_the_exchanges_of_another_study_is_refused(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    Journal(tmp_path / "journal").require("0" * 64)
    with pytest.raises(MrfedError, match="has the exchanges of another study or version; name another folder"):
        simulate(study, settle(tables), tmp_path)


def test_departures_from_a_locked_protocol_stand_in_the_result(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    planned = study.model_copy(update={"training": study.training.model_copy(update={"max_iterations": 20})})
    key, sites = coordinator_key(tmp_path), settle(tables)
    approve_everywhere(study, sites, key)
    grid = InProcessGrid(sites)
    locked = locked_protocol.lock(planned, key, datetime(2026, 11, 1, tzinfo=UTC))
    journal = Journal(tmp_path / "journal")
    result = conduct(Federation(grid, study, "run", journal, key, grid.nodes, protocol=locked))
    assert result.deviations == ("otherwise than the locked protocol: training.max_iterations: 20 → 30",)
    assert result.locked is not None
    assert result.locked.digest == planned.digest
    assert "Protocol locked on 2026-11-01" in render(result)
