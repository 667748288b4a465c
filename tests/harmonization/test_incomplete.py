"""Missing values: each feature as if the table held only the patients who have it."""

import numpy as np
import pytest

from harmonization.combat import Settings, Shrinkage, apply, effect, harmonize_pooled
from harmonization.federated import Totals, site_totals, solve, totals_by_batch
from harmonization.sums import total
from tests.harmonization.reference import cohort, neuro_combat, off

NONE = Settings(Shrinkage.NONE)


@pytest.fixture
def holes():
    x, batch, z = cohort(1)
    random = np.random.default_rng(2)
    incomplete = np.array([0, 3, 8])
    for feature in incomplete:
        x[random.random(len(x)) < 0.25, feature] = np.nan
    return x, batch, z, incomplete


def test_each_feature_is_harmonized_over_the_patients_who_have_it(holes):
    x, batch, z, _ = holes
    ours = harmonize_pooled(x, batch, z, NONE).x
    for feature in range(x.shape[1]):
        there = ~np.isnan(x[:, feature])
        alone = x[there][:, [feature]]
        theirs = neuro_combat(alone, batch[there], {"age": z[there, 0]}, continuous_cols=["age"], eb=False)["data"].T
        assert off(ours[there][:, [feature]], theirs, alone) < 1e-10
        assert np.isnan(ours[~there, feature]).all()


def test_one_missing_value_turns_a_feature_into_nan_in_the_reference_implementation(holes):
    x, batch, z, _ = holes
    theirs = neuro_combat(x, batch, {"age": z[:, 0]}, continuous_cols=["age"])["data"].T
    assert np.isnan(theirs).all()
    assert np.array_equal(np.isnan(harmonize_pooled(x, batch, z, Settings()).x), np.isnan(x))


@pytest.mark.parametrize("shrinkage", list(Shrinkage))
def test_sites_together_equal_the_pooled_table(holes, shrinkage):
    x, batch, z, incomplete = holes
    site = np.where(batch == "b0", "s0", "s1")
    sent = total(
        Totals.from_arrays(site_totals(x[own], batch[own], z[own], incomplete).arrays(), incomplete)
        for own in (site == "s0", site == "s1")
    )
    consensus = solve(sent)
    ours = np.empty_like(x)
    for label, mine in totals_by_batch(x, batch, z, incomplete).items():
        own = batch == label
        ours[own] = apply(x[own], z[own], consensus, effect(mine, consensus, Settings(shrinkage)))
    pooled = harmonize_pooled(x, batch, z, Settings(shrinkage)).x
    assert np.nanmax(np.abs(ours - pooled)) < 1e-10


def test_only_incomplete_features_need_more_numbers(holes):
    x, batch, z, incomplete = holes
    f, q, m = x.shape[1], z.shape[1], len(incomplete)
    sent = site_totals(x, batch, z, incomplete).arrays()
    assert sum(values.size for values in sent.values()) == (q + 2) * f + q**2 + q + 1 + m * (q**2 + q + 1)


def test_a_feature_that_a_batch_lacks_is_borrowed_or_unknown():
    x, batch, z = cohort(3)
    x[batch == "b1", 5] = np.nan
    shrunk = harmonize_pooled(x, batch, z, Settings()).effects["b1"]
    assert shrunk.gamma_star[5] == pytest.approx(shrunk.prior.gamma_bar)
    assert np.isfinite(shrunk.delta_star[5])
    alone = harmonize_pooled(x, batch, z, NONE).effects["b1"]
    assert np.isnan(alone.gamma_star[5])
    assert np.isfinite(np.delete(alone.gamma_star, 5)).all()
    among = harmonize_pooled(x, batch, z, Settings(Shrinkage.NONPARAMETRIC)).effects["b1"]
    # no value speaks for or against any other feature's effect: their mean
    assert among.gamma_star[5] == pytest.approx(np.delete(among.gamma_hat, 5).mean())


def test_a_batch_that_lacks_a_feature_moves_no_other_feature():
    x, batch, z = cohort(4)
    x[batch == "b1", 5] = np.nan
    with_it, without = (harmonize_pooled(table, batch, z, Settings()).x for table in (x, np.delete(x, 5, axis=1)))
    mine = batch == "b1"
    assert np.delete(with_it, 5, axis=1)[mine] == pytest.approx(without[mine], rel=1e-10)
