"""Every fit, a reference, joined batches and gaps from the totals as they travel: as from the pooled table."""

import numpy as np
import pytest

from harmonization import combat, fits
from harmonization.combat import Settings, harmonize_pooled
from harmonization.fits import Joins, Part
from harmonization.rank import Called
from tests.harmonization.reference import off

SITES = 4


@pytest.fixture
def cohort():
    """Patients of four sites; all have scanner A, and B is of one."""
    random = np.random.default_rng(8)
    site = np.repeat(np.arange(SITES), (30, 26, 34, 28))
    scanner = np.where(random.random(len(site)) < 0.5, "A", [f"own {one}" for one in site])
    z = random.normal(50, 10, (len(site), 1))
    x = 300 + random.normal(size=(len(site), 12)) * random.uniform(0.5, 2, 12) + 0.03 * z + 0.3 * site[:, None]
    x[scanner == "A"] += random.normal(size=12)
    fold = np.arange(len(site)) % 3
    return x, z, site, scanner, fold


def told(cohort, incomplete=fits.COMPLETE, joins=fits.NO_JOINS, reference=None):
    """Sum over the sites of what each sends: the fit of all, without fold 0, and without site 2."""
    x, z, site, scanner, fold = cohort
    trains = np.stack([np.ones(len(x), bool), fold != 0, site != 2])
    sent = []
    for number in range(SITES):
        batch = np.where(np.isin(scanner, joins.names), scanner, np.full(len(x), f"site {number}"))
        parts = [Part(x[rows], batch[rows], z[rows]) for rows in trains & (site == number)]
        sent.append(fits.named(parts, incomplete, joins, declared=reference is not None, holder=number == reference))
    return trains, {name: sum(sums[name] for sums in sent) for name in sent[0]}


@pytest.mark.parametrize("fit", range(3))
def test_joined_batches_are_one_batch_of_the_pooled_table(cohort, fit):
    x, z, site, scanner, _ = cohort
    joins = Joins(("A",), x.mean(axis=0) + 1, z.mean(axis=0))
    trains, summed = told(cohort, joins=joins)
    agreed = fits.agree(summed, Called(["age"]), joins=joins)
    effects = agreed.effects(fit, Settings())
    rows = trains[fit]
    batch = np.where(scanner == "A", "A", [f"site {one}" for one in site])
    pooled = harmonize_pooled(x[rows], batch[rows], z[rows], Settings())
    mine = (scanner == "A") & rows
    ours = combat.apply(x[mine], z[mine], agreed.consensus.fit(fit), effects["A"])
    assert off(ours, pooled.x[mine[rows]], x) < 1e-10
    assert agreed.consensus.fit(fit).variance == pytest.approx(pooled.consensus.variance, rel=1e-10)
    assert agreed.totals.count[fit] == rows.sum()


def test_features_that_some_lack_are_of_those_who_have_them(cohort):
    x, z, site, scanner, fold = cohort
    x = x.copy()
    x[site == 1, 4] = np.nan
    x[5:25, 7] = np.nan
    joins = Joins(("A",), np.nanmean(x, axis=0), z.mean(axis=0))
    incomplete = np.array([4, 7])
    _, summed = told((x, z, site, scanner, fold), incomplete, joins)
    agreed = fits.agree(summed, Called(["age"]), incomplete, joins)
    batch = np.where(scanner == "A", "A", [f"site {one}" for one in site])
    pooled = harmonize_pooled(x, batch, z, Settings())
    assert agreed.consensus.fit(0).alpha == pytest.approx(pooled.consensus.alpha, rel=1e-10)
    assert agreed.effects(0, Settings())["A"].gamma_star == pytest.approx(pooled.effects["A"].gamma_star, rel=1e-8)


def test_a_feature_that_nobody_of_a_fit_has_has_no_scale_and_spoils_nothing(cohort):
    x, z, site, scanner, fold = cohort
    x = x.copy()
    x[site != 2, 3] = np.nan
    _, summed = told((x, z, site, scanner, fold), np.array([3]))
    agreed = fits.agree(summed, Called(["age"]), np.array([3]))
    assert agreed.consensus.variance[2, 3] == 0
    complete = np.arange(12) != 3
    _, without = told((x[:, complete], z, site, scanner, fold))
    alone = fits.agree(without, Called(["age"]))
    assert agreed.consensus.alpha[2, complete] == pytest.approx(alone.consensus.alpha[2], rel=1e-12)


def test_a_fit_without_the_reference_has_the_common_scale(cohort):
    x, z, site, *_ = cohort
    _, summed = told(cohort, reference=2)
    _, plain = told(cohort)
    agreed, common = fits.agree(summed, Called(["age"])), fits.agree(plain, Called(["age"]))
    pooled = harmonize_pooled(x, site.astype(str), z, Settings(), reference="2")
    assert agreed.consensus.fit(0).alpha == pytest.approx(pooled.consensus.alpha, rel=1e-10)
    np.testing.assert_array_equal(agreed.consensus.alpha[2], common.consensus.alpha[2])


def test_without_reference_and_joined_batches_their_arrays_are_empty(cohort):
    _, summed = told(cohort)
    assert summed["reference_sum_x"].shape == (0, 3, 12)
    assert summed["joined_sum_x"].shape == (3, 0, 12)
    assert summed["incomplete_szz"].shape == (3, 0, 1, 1)
    assert summed["joined_incomplete_szz"].shape == (3, 0, 0, 1, 1)
