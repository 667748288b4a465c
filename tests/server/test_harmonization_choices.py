"""Missing values, joined scanners, CovBat and transforms in a study, under masks, against the pooled table."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from client.cohort import folds, table
from client.cohort.harmonize import settings
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.exchange.state.probing import Probing
from harmonization import trials
from harmonization.combat import harmonize_pooled
from harmonization.covbat import harmonize_pooled_covariance
from harmonization.normal_scores import cell_counts, normal_scores
from harmonization.power import likeliest, power_sums, yeo_johnson
from server.report.page import render
from shared.errors import Code, MrfedError
from shared.privacy.disclosure_rules import of_strata, require_few_deals
from shared.privacy.policy import Policy
from shared.study.plan import LeftOutSite
from shared.study.study import Study
from simulations.simulate import simulate
from tests.scanned_sites import Settle, Tables, runs, scanned, with_gaps, with_settings

pytestmark = pytest.mark.slow

FINAL, FOLD = 0, 1


def training(there: list[Run], index: int) -> np.ndarray:
    return np.concatenate([run.trains(run.fits[index]) for run in there])


def pooled_table(there: list[Run]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The table that no coordinator has, each batch its site's own."""
    x = np.concatenate([run.table.x for run in there])
    batch = np.concatenate([[f"{run.site.name}/{one}" for one in run.batch] for run in there])
    return x, batch, np.concatenate([run.part(Harmonized).cohort.z for run in there])


def ours(there: list[Run], index: int) -> np.ndarray:
    """What the sites computed in one fit, in the features' own units."""
    consensus = there[0].part(Harmonized).consensus.fit(index)
    u = np.concatenate([run.part(Harmonized).u[index] for run in there])
    return u * np.sqrt(consensus.variance) + consensus.alpha


def test_features_that_patients_lack_are_harmonized_by_those_who_have_them_and_imputed_inside_the_fold(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    keeping = with_settings(study, missing="impute")
    sites = settle(with_gaps(tables))
    result = simulate(keeping, sites, tmp_path / "out")
    assert [one.patients for one in result.participants] == [20, 24, 27]
    assert [(one.reason, one.patients) for one in result.participants[2].exclusions] == [("feature-missing", None)]
    there = runs(keeping, sites)
    x, batch, z = pooled_table(there)
    for index in (FINAL, FOLD):
        rows = training(there, index)
        expected = harmonize_pooled(x[rows], batch[rows], z[rows], settings(keeping.harmonization)).x
        np.testing.assert_allclose(ours(there, index)[rows], expected, rtol=1e-9, atol=1e-9)
        u = np.concatenate([run.part(Harmonized).u[index] for run in there])
        imputed = SimpleImputer().fit(u[rows])
        scaled = StandardScaler().fit(imputed.transform(u[rows])).transform(imputed.transform(u))
        designs = np.concatenate([run.part(Learning).designs(index)[:, 1:] for run in there])
        np.testing.assert_allclose(designs, scaled, rtol=1e-9, atol=1e-9)
    left_out = [index for index, fit in enumerate(there[0].fits) if isinstance(fit.left_out, LeftOutSite)]
    assert all(np.isfinite(run.part(Learning).designs(index)).all() for run in there for index in left_out)
    assert result.model.training.converged
    assert all(one.after.site_mean.statistic is not None for one in result.assessed)


def test_patients_who_lack_a_feature_leave_the_study_where_it_does_not_say_otherwise(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    gaps = with_gaps(tables)
    gaps["alpha"] = gaps["alpha"].assign(f4=gaps["beta"]["f4"][:20].to_numpy())
    result = simulate(study, settle(gaps), tmp_path / "out")
    assert [one.patients for one in result.participants] == [20, 18, 27]


def test_covbat_is_that_of_the_pooled_table(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    covbat = with_settings(study, method="covbat", share=0.8)
    sites = settle(tables)
    result = simulate(covbat, sites, tmp_path / "out")
    assert [one.step for one in result.exchanges][3:5] == ["harmonize", "covariance"]
    there = runs(covbat, sites)
    x, batch, z = pooled_table(there)
    for index in (FINAL, FOLD):
        rows = training(there, index)
        expected = harmonize_pooled_covariance(x[rows], batch[rows], z[rows], settings(covbat.harmonization), 0.8)
        np.testing.assert_allclose(ours(there, index)[rows], expected, rtol=1e-9, atol=1e-9)


def test_a_scanner_that_three_sites_have_is_one_batch_where_the_study_joins_it(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    joining = with_settings(study, batch="scanner", smallest_batch=6, joined=["A"])
    sites = settle(scanned(tables))
    result = simulate(joining, sites, tmp_path / "out")
    there = runs(joining, sites)
    x, apart, z = pooled_table(there)
    batch = np.where(np.char.endswith(apart.astype(str), "/A"), "A", apart)
    assert len(set(batch)) == 4
    for index in (FINAL, FOLD):
        rows = training(there, index)
        expected = harmonize_pooled(x[rows], batch[rows], z[rows], settings(joining.harmonization)).x
        np.testing.assert_allclose(ours(there, index)[rows], expected, rtol=1e-9, atol=1e-9)
    assert result.model.harmonization is not None
    assert list(result.model.harmonization.joined) == ["A"]
    assert "keeping the effect of age, A each one batch at all sites" in render(result)


def test_a_scanner_of_two_sites_is_not_joined(study: Study, tables: Tables, settle: Settle, tmp_path: Path) -> None:
    joining = with_settings(study, batch="scanner", smallest_batch=6, joined=["A"])
    two = scanned(tables)
    two["gamma"] = two["gamma"].assign(scanner="C")
    with pytest.raises(MrfedError, match=r"batch A is joined across 2 site\(s\) \(alpha, beta\)") as caught:
        simulate(joining, settle(two), tmp_path / "out")
    assert caught.value.code is Code.DATA_INCONSISTENT


@pytest.mark.parametrize("transform", ["power", "rank"])
def test_features_are_transformed_inside_the_fold(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path, transform: str
) -> None:
    skewed = {
        name: table.assign(f1=np.exp(table["f1"] / 2), f2=1e6 + np.exp(table["f2"] / 3))
        for name, table in tables.items()
    }
    straight = with_settings(study, transform=transform)
    sites = settle(skewed)
    result = simulate(straight, sites, tmp_path / "out")
    there = runs(straight, sites)
    x, batch, z = pooled_table(there)
    for index in (FINAL, FOLD):
        rows = training(there, index)
        within = x[rows].copy()
        for one in np.unique(batch):
            mine = batch[rows] == one
            within[mine] -= within[mine].mean(axis=0)
        units = (x - x[rows].mean(axis=0)) / np.sqrt((within**2).mean(axis=0))
        bent = (
            yeo_johnson(units, likeliest(power_sums(units[rows])))
            if transform == "power"
            else normal_scores(units, cell_counts(units[rows]))
        )
        expected = harmonize_pooled(bent[rows], batch[rows], z[rows], settings(straight.harmonization)).x
        exponents = there[0].scales.spread
        np.testing.assert_allclose(np.ldexp(ours(there, index)[rows], -exponents), expected, rtol=1e-7, atol=1e-7)
    assert [one.step for one in result.exchanges][3] == "transform"
    said = {"power": "Features transformed by powers", "rank": "Features as normal scores"}
    assert said[transform] in render(result)
    skewness = {one.feature: abs(one.before.skewness) for one in result.assessed}
    assert skewness["f1"] < 0.7


def test_site_probes_are_what_the_same_sums_give_without_masks_and_stand_in_the_report(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    probing = with_settings(study, probe={"deals": 6, "trees": 5, "depth": 2, "rules": 6}, missing="impute")
    tables["beta"].loc[:5, "f2"] = np.nan
    sites = settle(tables)
    result = simulate(probing, sites, tmp_path / "out")
    steps = [one.step for one in result.exchanges]
    assert steps[steps.index("evaluate") :] == [
        "evaluate",
        "probe-labels",
        "probe-grow-0",
        "probe-grow-1",
        "probe-predict",
        "finish",
    ]
    there = [run.part(Probing) for run in runs(probing, sites)]
    [plan] = {one.plan for one in there}
    patients = [one.patients for one in there]
    dealt_to = np.concatenate([one.permuted for one in patients], axis=1)
    assert (np.sort(dealt_to, axis=1) == np.repeat([0, 1, 2], (20, 24, 28))).all()
    dealt = there[0].permuted
    x, z, labels = (
        np.concatenate(part) for part in zip(*((one.before, one.z, one.permuted[0]) for one in patients), strict=True)
    )
    pooled = harmonize_pooled(x, labels, z, settings(probing.harmonization)).x
    first = np.concatenate([list(trials.tables(one, dealt))[trials.FIRST_PERMUTED] for one in patients])
    np.testing.assert_allclose(first, np.nan_to_num(pooled), rtol=1e-9, atol=1e-9)
    counted = sum(trials.scored(one, dealt, there[0].grown(2)) for one in patients)
    real, by_chance = trials.areas(plan, counted)
    assert result.site_probes is not None
    assert [one.before for one in result.site_probes.probes] == pytest.approx(real[trials.BEFORE])
    assert [one.after for one in result.site_probes.probes] == pytest.approx(real[trials.AFTER])
    assert [one.permuted for one in result.site_probes.probes] == pytest.approx(by_chance.mean(axis=0))
    assert real[trials.BEFORE].min() > 0.7
    assert "After ComBat on permuted labels" in render(result)


def test_sites_refuse_permuted_labels_that_would_single_patients_out(study: Study) -> None:
    probing = with_settings(study, probe={"deals": 100})
    policy, sizes = Policy(), {"alpha": 200, "beta": 150, "gamma": 60}
    require_few_deals(policy, probing, sizes, 200, "alpha")
    with pytest.raises(MrfedError, match="201 sums over permuted site labels of 260 patients") as caught:
        require_few_deals(policy, probing, sizes | {"alpha": 50}, 50, "alpha")
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    with pytest.raises(MrfedError, match="the smallest site has 3"):
        require_few_deals(policy, probing, {"alpha": 900, "gamma": 3}, 900, "alpha")
    with pytest.raises(MrfedError, match="is said to have others"):
        require_few_deals(policy, probing, sizes, 199, "alpha")


def test_groups_that_sums_of_incomplete_features_and_joined_scanners_set_apart_count(
    study: Study, tables: Tables, settle: Settle
) -> None:
    tables["gamma"].loc[:5, "f2"] = np.nan
    site = settle(scanned(tables))[2]
    assert site.data.features is not None
    choice = with_settings(study, batch="scanner", smallest_batch=6, joined=["A"], missing="impute")
    found = folds.strata(choice, site, table.load(site, choice, site.data.features))
    assert {words: int(own.sum()) for words, own in found.items()} == {
        "of scanner A": 18,
        "who lack no feature": 22,
        "who lack 1 features (2)": 6,
    }
    plain = with_settings(study)
    assert folds.strata(plain, site, table.load(site, plain, site.data.features)) == {}
    policy = Policy(minimum_patients=4, reason="of a test")
    [lacking] = [said for said in of_strata(policy, choice, "gamma", found) if "lack 1" in said]
    # of one class and fold, among those whom the left-out site lends
    assert "who lack 1 features (2), 1 in number; the minimum is 4" in lacking


def test_a_study_that_probes_declares_what_is_decoded(study: Study) -> None:
    content = study.model_dump()
    content["harmonization"]["probe"] = {}
    content["evaluation"]["leave_one_site_out"] = False
    content["privacy"]["site_sums"] = "hidden"
    with pytest.raises(ValueError, match="decodes sums of each single site"):
        Study.model_validate(content)
    with pytest.raises(ValueError, match="at least as many deals"):
        with_settings(study, probe={"deals": 2})
