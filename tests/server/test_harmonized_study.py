"""What a study says of its harmonization, against the pooled table: the sums went under masks, and nothing is lost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import f_oneway, levene

from client.cohort.harmonize import common_scale, settings
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from harmonization.combat import harmonize_pooled
from server.report.assessment import rows
from server.report.page import render
from shared.errors import Code, MrfedError
from shared.privacy.disclosure_rules import patients_isolated
from shared.privacy.inference import cell_shape
from shared.study.plan import LeftOutSite
from shared.study.study import Study
from simulations.simulate import simulate
from tests.scanned_sites import Settle, Tables, runs, scanned, with_settings

pytestmark = pytest.mark.slow


def f_of_columns(x: np.ndarray, batch: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """F of columns beyond batches, by least squares on the pooled table."""
    dummies = (batch[:, None] == np.unique(batch)).astype(float)

    def left(design: np.ndarray) -> np.ndarray:
        return np.asarray(((x - design @ np.linalg.lstsq(design, x, rcond=None)[0]) ** 2).sum(axis=0))

    without, with_columns = left(dummies), left(np.hstack([dummies, columns]))
    free = len(x) - dummies.shape[1] - columns.shape[1]
    return np.asarray((without - with_columns) / columns.shape[1] / (with_columns / free))


def test_the_tests_of_every_feature_are_those_of_the_pooled_table(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    sites = settle(scanned(tables))
    result = simulate(study, sites, tmp_path / "out")
    there = runs(study, sites)
    site = np.concatenate([np.full(len(run.table.y), run.site.name) for run in there])
    scanner = np.concatenate([[f"{run.site.name}/{one}" for one in run.table.scanner] for run in there])
    age = np.concatenate([run.part(Harmonized).cohort.z for run in there])
    y = np.concatenate([run.table.y for run in there])[:, None].astype(float)
    before = np.concatenate([common_scale(run.table.x, run.part(Harmonized).consensus.fit(0)) for run in there])
    after = np.concatenate([run.part(Harmonized).u[0] for run in there])
    for x, found in (
        (before, [one.before for one in result.assessed]),
        (after, [one.after for one in result.assessed]),
    ):
        for group, mean, spread in ((site, "site_mean", "site_spread"), (scanner, "scanner_mean", "scanner_spread")):
            parts = [x[group == one] for one in np.unique(group)]
            for test, name in ((f_oneway, mean), (levene, spread)):
                ours = [getattr(one, name) for one in found]
                expected = [test(*(part[:, f] for part in parts)) for f in range(x.shape[1])]
                assert [one.statistic for one in ours] == pytest.approx([one.statistic for one in expected], rel=1e-9)
                assert [one.p_value for one in ours] == pytest.approx([one.pvalue for one in expected], rel=1e-9)
        assert [one.covariates.statistic for one in found] == pytest.approx(f_of_columns(x, scanner, age), rel=1e-9)
        assert [one.label.statistic for one in found] == pytest.approx(f_of_columns(x, scanner, y), rel=1e-9)
    by_site = rows(result.assessed)[0]
    assert by_site.before.bonferroni == 6
    assert by_site.after.bonferroni == 0
    assert "Can the site still be told?" in render(result)


def test_a_scanner_that_saw_one_class_leaves_the_endpoint_untested_and_the_study_whole(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    by_class = {name: table.assign(scanner="s" + table["ihc"]) for name, table in tables.items()}
    result = simulate(study, settle(by_class), tmp_path / "out")
    assert result.model.training.converged
    assert {one.before.label for one in result.assessed} == {None}
    assert "endpoint" not in " ".join(row.words for row in rows(result.assessed))


def pooled(there: list[Run], study: Study) -> np.ndarray:
    """The final fit's harmonized features of all sites, from one table that somebody holds whole."""
    return harmonize_pooled(
        np.concatenate([run.table.x for run in there]),
        np.concatenate([[f"{run.site.name}/{one}" for one in run.batch] for run in there]),
        np.concatenate([run.part(Harmonized).cohort.z for run in there]),
        settings(study.harmonization),
    ).x


def ours(there: list[Run]) -> np.ndarray:
    """The same as the sites compute it, in the features' own units."""
    consensus = there[0].part(Harmonized).consensus.fit(0)
    return np.concatenate([run.part(Harmonized).u[0] * np.sqrt(consensus.variance) + consensus.alpha for run in there])


def test_scanners_of_a_site_are_batches_of_their_own_and_those_with_few_patients_are_merged(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    # 7 of 20, 8 of 24 and 10 of 28 patients were on the second scanner
    by_scanner = with_settings(study, batch="scanner", smallest_batch=8)
    sites = settle(scanned(tables))
    result = simulate(by_scanner, sites, tmp_path / "out")
    there = runs(by_scanner, sites)
    assert [sorted(set(run.batch)) for run in there] == [["A"], ["A", "B"], ["A", "B"]]
    assert [one.patients for one in result.participants] == [20, 24, 28]
    np.testing.assert_allclose(ours(there), pooled(there, by_scanner), rtol=1e-9, atol=1e-9)


def test_patients_of_small_batches_leave_the_study_counted_where_it_says_so(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    strict = with_settings(study, batch="scanner", smallest_batch=8, small_batches="leave_out")
    sites = settle(scanned(tables))
    result = simulate(strict, sites, tmp_path / "out")
    assert [one.patients for one in result.participants] == [13, 24, 28]
    assert [(one.reason, one.patients) for one in result.participants[0].exclusions] == [("batch-too-small", 7)]
    there = runs(strict, sites)
    np.testing.assert_allclose(ours(there), pooled(there, strict), rtol=1e-9, atol=1e-9)


def test_collinear_covariates_are_named_before_their_products_with_features_leave(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    months = {name: table.assign(months=12 * table["age"]) for name, table in tables.items()}
    declared = [{"column": name, "kind": "continuous"} for name in ("age", "months")]
    journal = tmp_path / "out" / "journal"
    with pytest.raises(MrfedError, match=r"describe: .*months: determined by the batches") as caught:
        simulate(with_settings(study, covariates=declared), settle(months), tmp_path / "out")
    assert caught.value.code is Code.DATA_INCONSISTENT
    assert not list(journal.glob("*harmonize*"))


def test_an_endpoint_that_the_study_keeps_acts_as_a_covariate_and_is_warned_of(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    keeping = with_settings(study, keep_endpoint=True)
    sites = settle(tables)
    result = simulate(keeping, sites, tmp_path / "out")
    there = runs(keeping, sites)
    assert there[0].columns == ("age", "endpoint=low")
    np.testing.assert_array_equal(there[0].part(Harmonized).cohort.z[:, 1], there[0].table.y)
    np.testing.assert_allclose(ours(there), pooled(there, keeping), rtol=1e-9, atol=1e-9)
    assert result.model.harmonization is not None
    assert result.model.harmonization.endpoint_shares == (0.5,)
    page = render(result)
    assert "Warning: the study keeps the endpoint" in page
    assert "never given the endpoint" not in page
    assert all(one.after.label is not None for one in result.assessed)


def test_a_kept_endpoint_of_evaluated_patients_is_not_looked_at(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    keeping = with_settings(study, keep_endpoint=True, left_out_site="transductive")
    sites = settle(tables)
    simulate(keeping, sites, tmp_path / "out")
    [gamma] = runs(keeping, sites[2:])
    [left_out] = [index for index, fit in enumerate(gamma.fits) if fit.left_out == LeftOutSite("gamma")]
    before = gamma.part(Harmonized).u[left_out]
    swapped = runs(keeping, sites[2:])[0]
    swapped.__dict__["table"] = replace(gamma.table, y=1 - gamma.table.y)
    np.testing.assert_array_equal(swapped.part(Harmonized).u[left_out], before)
    assert (swapped.part(Harmonized).u[0] != gamma.part(Harmonized).u[0]).any()


def test_all_sites_are_brought_to_the_reference_which_stays_as_it_is(
    study: Study, tables: Tables, settle: Settle, tmp_path: Path
) -> None:
    towards = with_settings(study, reference_site="beta")
    sites = settle(tables)
    assert simulate(towards, sites, tmp_path / "out").model.training.converged
    there = runs(towards, sites)
    expected = harmonize_pooled(
        np.concatenate([run.table.x for run in there]),
        np.concatenate([run.batch for run in there]),
        np.concatenate([run.part(Harmonized).cohort.z for run in there]),
        settings(towards.harmonization),
        reference="beta",
    ).x
    np.testing.assert_allclose(ours(there), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours(there)[20:44], there[1].table.x, rtol=1e-12, atol=1e-12)
    # where beta is left out there is no reference, and all that remain are brought to their common scale
    plain = with_settings(study)
    again = [site.model_copy(update={"workspace": tmp_path / "plain" / site.name}) for site in sites]
    simulate(plain, again, tmp_path / "plain")
    [left_out] = [index for index, fit in enumerate(there[0].fits) if fit.left_out == LeftOutSite("beta")]
    without = runs(plain, again)
    for with_reference, other in zip(there, without, strict=True):
        np.testing.assert_allclose(
            with_reference.part(Harmonized).u[left_out], other.part(Harmonized).u[left_out], rtol=1e-12
        )


def test_a_reference_has_to_be_declared_as_one_whose_sums_can_be_concluded(study: Study) -> None:
    with pytest.raises(ValueError, match=r"none of federation\.sites"):
        with_settings(study, reference_site="omega")
    content = study.model_dump()
    content["harmonization"]["reference_site"] = "beta"
    content["privacy"]["site_sums"] = "hidden"
    content["evaluation"]["leave_one_site_out"] = False
    with pytest.raises(ValueError, match="decodes the totals of that site alone"):
        Study.model_validate(content)


def test_the_folds_of_a_reference_count_among_the_groups_that_can_be_concluded(study: Study) -> None:
    towards = with_settings(study, reference_site="beta")
    own = np.full(cell_shape(study), 9)
    own[0] = 1
    plain, of_reference = (patients_isolated(one, "beta", own)[0] for one in (study, towards))
    assert plain == 1 + 9 + 9  # of one class, lent
    assert of_reference == 4  # of the first fold
    assert patients_isolated(towards, "alpha", own)[0] == patients_isolated(study, "alpha", own)[0]
