"""Normal scores from counts: near SciPy's from ranks, the same from any split, ties and order kept."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from harmonization.normal_scores import CELLS, cell_counts, normal_scores


@pytest.fixture
def skewed():
    random = np.random.default_rng(1)
    return np.column_stack([random.exponential(size=400) - 1, -random.lognormal(size=400), random.normal(size=400)])


def test_scores_are_near_those_of_ranks(skewed):
    ours = normal_scores(skewed, cell_counts(skewed))
    for column, given in zip(ours.T, skewed.T, strict=True):
        ranks = norm.ppf((rankdata(given) - 0.5) / len(given))
        middle = np.abs(ranks) < 2
        # as far as the limits are apart: 0.04 deviations where the exponential has all its patients
        assert np.abs(column - ranks)[middle].max() < 0.2
        assert np.corrcoef(column, ranks)[0, 1] > 0.998
        assert abs(((column - column.mean()) ** 3).mean()) / column.std() ** 3 < 0.15


def test_any_split_gives_the_same(skewed):
    whole = cell_counts(skewed)
    parts = sum(cell_counts(part) for part in np.array_split(skewed, 5))
    np.testing.assert_array_equal(parts, whole)
    assert whole.shape == (3, CELLS)
    assert (whole.sum(axis=1) == 400).all()


def test_order_and_ties_are_kept(skewed):
    skewed[:150, 0] = -0.7
    ours = normal_scores(skewed, cell_counts(skewed))[:, 0]
    assert len(np.unique(ours[:150])) == 1
    order = np.argsort(skewed[:, 0], kind="stable")
    assert (np.diff(ours[order]) >= 0).all()


def test_missing_stay_missing_constants_become_zero_and_outliers_stay_finite(skewed):
    skewed[3, 0] = np.nan
    skewed[:, 1] = 7.0
    skewed[5, 2] = 1e9
    ours = normal_scores(skewed, cell_counts(skewed))
    assert np.isnan(ours[3, 0])
    assert (ours[:, 1] == 0).all()
    assert ours[5, 2] == pytest.approx(norm.ppf(1 - 0.5 / 400))
    np.testing.assert_array_equal(ours[:3, 0], normal_scores(skewed[:3], cell_counts(skewed))[:, 0])
