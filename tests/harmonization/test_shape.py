"""Skewed and tied features from sums."""

import numpy as np
import pytest
from scipy.stats import skew

from harmonization.shape import ShapeSums, shape, shape_sums
from harmonization.sums import total


def test_skewness_equals_the_pooled_table():
    random = np.random.default_rng(1)
    u = np.column_stack([random.normal(size=90), random.exponential(size=90), -random.lognormal(size=90) + 7])
    site = np.repeat(["s0", "s1", "s2"], 30)
    ours = shape(total(ShapeSums.from_arrays(shape_sums(u[site == s], site[site == s]).arrays()) for s in set(site)))
    assert ours.skewness == pytest.approx(skew(u), rel=1e-9)
    assert ours.awkward.tolist() == [False, True, True]
    assert (ours.tied == 0).all()


def test_ties_are_those_of_each_batch():
    tied = np.array([0.0] * 3 + [1, 2, 3, 4] + [7.0] * 2 + [8, 9, 10, 11, 12])
    batch = np.repeat(["a", "b"], 7)
    ours = shape(shape_sums(tied[:, None], batch))
    assert ours.tied == pytest.approx([5 / 14])
    assert ours.awkward.all()


def test_missing_and_constant_features():
    u = np.column_stack([np.full(8, 2.0), np.r_[np.full(6, np.nan), 1.0, 2.0]])
    ours = shape(shape_sums(u, np.zeros(8)))
    assert ours.skewness.tolist() == [0, 0]
    assert ours.tied.tolist() == [1, 0]
