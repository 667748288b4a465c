"""Covariates that cannot be told from the batches."""

import numpy as np
import pytest

from harmonization.errors import RankDeficientError
from harmonization.federated import site_totals, solve, stack
from harmonization.rank import Called, dependent_columns, require_full_rank


def szz(z, batch):
    return site_totals(np.zeros((len(z), 1)), batch, z).szz


@pytest.fixture
def parts():
    random = np.random.default_rng(1)
    batch = np.repeat([0, 1, 2], 20)
    return random.normal(size=(60, 3)) * [1, 1e4, 1e-4], batch


def test_independent_columns_pass_whatever_their_units(parts):
    z, batch = parts
    assert dependent_columns(szz(z, batch)) == ()
    require_full_rank(szz(z, batch), ["a", "b", "c"])


def test_a_column_constant_in_each_batch_is_found(parts):
    z, batch = parts
    z[:, 1] = 1.5 + 1.5 * (batch == 2)  # the field strength of the scanner
    assert dependent_columns(szz(z, batch)) == (1,)
    with pytest.raises(RankDeficientError, match="field: the same for all patients of each batch"):
        require_full_rank(szz(z, batch), ["age", "field", "size"])


def test_a_combination_of_covariates_and_batches_is_found(parts):
    z, batch = parts
    z[:, 2] = 3 * z[:, 0] - 1e-3 * z[:, 1] + batch
    with pytest.raises(RankDeficientError, match="size: determined by the batches and the other covariates"):
        require_full_rank(szz(z, batch), ["age", "field", "size"])


def test_two_indicators_of_the_same_category_are_found():
    hr = np.tile([0.0, 1, 1, 0, 1], 6)
    z = np.column_stack([hr, 1 - hr])
    assert dependent_columns(szz(z, np.repeat([0, 1], 15))) == (1,)


def test_the_fit_that_lacks_a_category_is_named(parts):
    z, batch = parts
    x = np.zeros((60, 2))
    lacking = z.copy()
    lacking[:, 1] = 0
    totals = stack([site_totals(x, batch, z), site_totals(x, batch, lacking)])
    with pytest.raises(RankDeficientError, match="the batches without site west: rare: the same"):
        solve(totals, called=Called(["age", "rare", "size"], ["", " without site west"]))


def test_the_fit_and_the_feature_of_which_nobody_of_a_category_has_a_value_are_named(parts):
    z, batch = parts
    z[:, 1] = np.arange(60) % 7 == 0
    x = np.random.default_rng(2).normal(size=(60, 3))
    some = x.copy()
    some[z[:, 1] == 1, 2] = np.nan
    rows = np.array([2])
    totals = stack([site_totals(x, batch, z, rows), site_totals(some, batch, z, rows)])
    with pytest.raises(RankDeficientError, match="without site west, among patients who have kep: rare: the same"):
        solve(totals, called=Called(["age", "rare", "size"], ["", " without site west"], ["t1", "ktrans", "kep"]))
