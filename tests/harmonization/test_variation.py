"""Tests of features from sums equal those of SciPy on the pooled table."""

import numpy as np
import pytest
from scipy.stats import f_oneway, false_discovery_control, levene

from harmonization.federated import site_totals, solve
from harmonization.sums import total
from harmonization.variation import (
    GroupSums,
    anova,
    bonferroni,
    deviations,
    effect_of_covariates,
    false_discovery,
    group_sums,
)
from tests.harmonization.reference import cohort


@pytest.fixture
def table():
    x, batch, z = cohort(1)
    return x + 1000.0, batch, z, np.where(batch == "b0", "s0", "s1")


def over_sites(x, batch, site, centre=1001.0):
    parts = [group_sums(x[site == one], batch[site == one], np.full(x.shape[1], centre)) for one in ("s0", "s1")]
    return total(GroupSums.from_arrays(part.arrays()) for part in parts)


def test_anova_equals_the_pooled_table(table):
    x, batch, _, site = table
    theirs = f_oneway(*(x[batch == label] for label in np.unique(batch)))
    ours = anova(over_sites(x, batch, site))
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9)
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    grand = ((x - x.mean(axis=0)) ** 2).sum(axis=0)
    between = sum((batch == b).sum() * (x[batch == b].mean(axis=0) - x.mean(axis=0)) ** 2 for b in np.unique(batch))
    assert ours.share == pytest.approx(between / grand, rel=1e-9)


def test_levene_equals_the_pooled_table(table):
    x, batch, _, site = table
    theirs = [levene(*(column[batch == label] for label in np.unique(batch))).pvalue for column in x.T]
    ours = anova(over_sites(deviations(x, batch), batch, site, centre=1.0))
    assert ours.p == pytest.approx(theirs, rel=1e-9)


def test_missing_values_are_left_out_feature_by_feature(table):
    x, batch, _, site = table
    x[::4, 3] = np.nan
    x[batch == "b1", 7] = np.nan
    theirs = f_oneway(*(x[batch == label][:, 3] for label in np.unique(batch)), nan_policy="omit")
    two = f_oneway(x[batch == "b0"][:, 7], x[batch == "b2"][:, 7])
    ours = anova(over_sites(x, batch, site))
    assert ours.p[[3, 7]] == pytest.approx([theirs.pvalue, two.pvalue], rel=1e-9)


def test_constant_features_do_not_differ(table):
    x, batch, _, site = table
    x[:, 0] = 5.0
    x[:, 1] = (batch == "b1") * 1.0
    ours = anova(over_sites(x, batch, site))
    assert ours.p[:2].tolist() == [1.0, 0.0]
    assert ours.share[:2].tolist() == [0.0, 1.0]


def test_covariates_explain_what_nested_regressions_say(table):
    x, batch, z, site = table
    totals = total(site_totals(x[site == s], batch[site == s], z[site == s]) for s in ("s0", "s1"))
    ours = effect_of_covariates(totals, solve(totals).beta, np.array(3.0))
    small = (batch[:, None] == np.unique(batch)).astype(np.float64)
    large = np.column_stack([small, z])

    def squares(design):
        return ((x - design @ np.linalg.lstsq(design, x, rcond=None)[0]) ** 2).sum(axis=0)

    free = len(x) - 4
    expected = (squares(small) - squares(large)) / (squares(large) / free)
    assert ours.statistic == pytest.approx(expected, rel=1e-6)


def test_corrections_for_many_features():
    p = np.array([0.001, 0.011, 0.019, 0.031, 0.9])
    assert bonferroni(p).tolist() == [True, False, False, False, False]
    # largest k with p_(k) <= 0.05 k / 5: 0.031 <= 0.04
    assert false_discovery(p).tolist() == [True, True, True, True, False]
    random = np.random.default_rng(0).random(200) ** 3
    assert np.array_equal(false_discovery(random), false_discovery_control(random) <= 0.05)
    assert not false_discovery(np.array([0.5, 0.9])).any()
