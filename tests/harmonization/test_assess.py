"""The assessment where patients lack features: of each feature as if the table held only those who have it."""

import numpy as np
import pytest

from harmonization.assess import Patients, TableSums, assess, table_sums
from harmonization.sums import total

N, F = 90, 6


@pytest.fixture
def table():
    random = np.random.default_rng(5)
    site, scanner = np.repeat([0, 1, 2], 30), np.repeat(np.arange(6), 15)
    z, label = random.normal(size=(N, 1)), random.integers(0, 2, (N, 1)).astype(float)
    u = random.normal(size=(N, F)) + 0.5 * z + 0.4 * label
    u[random.random(N) < 0.2, 1] = np.nan
    u[70:, 4] = np.nan
    return u, site, scanner, z, label


def found(u, site, scanner, z, label, incomplete):
    parts = [
        table_sums(u[rows], Patients(scanner[rows], z[rows], label[rows]), incomplete)
        for rows in (site == name for name in np.unique(site))
    ]
    return assess(total(TableSums.from_arrays(part.arrays()) for part in parts), 1, incomplete)


def test_each_feature_is_judged_by_the_patients_who_have_it(table):
    u, site, scanner, z, label = table
    incomplete = np.array([1, 4])
    together = found(*table, incomplete)
    for feature in range(F):
        there = ~np.isnan(u[:, feature])
        rest = (site[there], scanner[there], z[there], label[there])
        alone = found(u[there][:, [feature]], *rest, np.empty(0, dtype=np.intp))
        for name in ("site_means", "site_spreads", "scanner_means", "scanner_spreads", "covariates", "label"):
            ours, expected = getattr(together, name), getattr(alone, name)
            assert ours.statistic[feature] == pytest.approx(expected.statistic[0], rel=1e-9)
            assert ours.p[feature] == pytest.approx(expected.p[0], rel=1e-9)
        assert together.shape.skewness[feature] == pytest.approx(alone.shape.skewness[0], rel=1e-9, abs=1e-12)


def test_a_complete_feature_does_not_depend_on_its_neighbours(table):
    u, *rest = table
    together, alone = found(*table, np.array([1, 4])), found(u[:, [0]], *rest, np.empty(0, dtype=np.intp))
    assert together.label.statistic[0] == pytest.approx(alone.label.statistic[0], rel=1e-12)
