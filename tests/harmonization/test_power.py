"""Power transforms equal SciPy's, and are chosen from sums as on the pooled table."""

import numpy as np
import pytest
from scipy.stats import yeojohnson, yeojohnson_llf

from harmonization.power import GRID, PowerSums, likeliest, power_sums, yeo_johnson
from harmonization.sums import total


@pytest.fixture
def skewed():
    random = np.random.default_rng(1)
    return np.column_stack([random.exponential(size=120) - 1, -random.lognormal(size=120), random.normal(size=120)])


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_transform_equals_scipy(skewed, power):
    for column in skewed.T:
        assert yeo_johnson(column[:, None], power)[:, 0] == pytest.approx(yeojohnson(column, power), rel=1e-10)


def test_one_leaves_features_as_they_are(skewed):
    assert yeo_johnson(skewed, 1.0) == pytest.approx(skewed, rel=1e-12)


def test_likeliest_power_of_the_grid_is_found_from_sums(skewed):
    parts = [PowerSums.from_arrays(power_sums(part).arrays()) for part in np.array_split(skewed, 3)]
    ours = likeliest(total(parts))
    for column, power in zip(skewed.T, ours, strict=True):
        assert power == GRID[np.argmax([yeojohnson_llf(power, column) for power in GRID])]
    straight = yeo_johnson(skewed, ours)
    skewness = ((straight - straight.mean(axis=0)) ** 3).mean(axis=0) / straight.std(axis=0) ** 3
    assert np.abs(skewness).max() < 0.5


def test_missing_values_stay_and_constants_keep_their_power(skewed):
    skewed[::3, 0] = np.nan
    skewed[:, 2] = 0.4
    ours = likeliest(power_sums(skewed))
    present = skewed[~np.isnan(skewed[:, 0])]
    assert ours[0] == likeliest(power_sums(present))[0]
    assert ours[2] == 1.0
    assert np.array_equal(np.isnan(yeo_johnson(skewed, ours)), np.isnan(skewed))
