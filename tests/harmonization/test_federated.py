"""Totals of sites: shapes, leading axes, flat names, and what is refused."""

import numpy as np
import pytest

from harmonization.errors import HarmonizationError
from harmonization.federated import Totals, batch_totals, site_totals, solve, stack, totals_by_batch
from harmonization.sums import total
from tests.harmonization.reference import cohort


def test_totals_by_hand():
    x = np.array([[1.0, 10], [3, 10], [10, 10], [20, 40]])
    z = np.array([[0.0], [2], [5], [7]])
    ours = site_totals(x, np.array(["a", "a", "b", "b"]), z)
    assert ours.count == 4
    assert ours.sum_x.tolist() == [34, 70]
    assert ours.sum_z.tolist() == [14]
    assert ours.szz.tolist() == [[2 + 2]]
    assert ours.szx.tolist() == [[2 + 10, 0 + 30]]
    assert ours.sxx.tolist() == [2 + 50, 0 + 450]


def test_size_does_not_depend_on_the_number_of_batches():
    x, batch, z = cohort(1)
    sizes = {
        sum(values.size for values in site_totals(x, labels, z).arrays().values())
        for labels in (batch, np.zeros(len(x)), np.arange(len(x)) // 4)
    }
    f, q = x.shape[1], z.shape[1]
    assert sizes == {(q + 2) * f + q**2 + q + 1}


def test_site_without_patients_adds_nothing():
    x, batch, z = cohort(2)
    nothing = site_totals(x[:0], batch[:0], z[:0])
    assert all((values == 0).all() for values in nothing.arrays().values())
    assert {name: values.shape for name, values in nothing.arrays().items()} == {
        name: values.shape for name, values in site_totals(x, batch, z).arrays().items()
    }


def test_batches_add_up_to_their_site():
    x, batch, z = cohort(3)
    summed = total(totals_by_batch(x, batch, z).values()).arrays()
    for name, values in site_totals(x, batch, z).arrays().items():
        assert np.array_equal(values, summed[name])


@pytest.mark.parametrize("holes", [False, True])
def test_all_fits_are_solved_at_once(holes):
    x, batch, z = cohort(4)
    incomplete = np.array([1, 4]) if holes else np.array([], dtype=int)
    if holes:
        x[::5, 1] = x[::7, 4] = np.nan
    folds = [np.arange(len(x)) % 3 != fold for fold in range(3)]
    parts = [site_totals(x[fold], batch[fold], z[fold], incomplete) for fold in folds]
    sent = Totals.from_arrays(stack(parts).arrays(), incomplete)
    together = solve(sent)
    for index, part in enumerate(parts):
        alone, one = solve(part), together.fit(index)
        for name in ("count", "alpha", "beta", "variance"):
            assert getattr(one, name) == pytest.approx(getattr(alone, name), rel=1e-12)


def test_regression_equals_least_squares_with_an_intercept_for_each_batch():
    x, batch, z = cohort(5)
    design = np.column_stack([batch[:, None] == np.unique(batch), z])
    coefficients = np.linalg.lstsq(design, x, rcond=None)[0]
    ours = solve(site_totals(x, batch, z))
    assert ours.beta == pytest.approx(coefficients[3:], rel=1e-9)
    shares = np.array([14, 9, 21]) / 44
    assert ours.alpha == pytest.approx(shares @ coefficients[:3], rel=1e-9)
    assert ours.variance == pytest.approx(((x - design @ coefficients) ** 2).mean(axis=0), rel=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_unlisted_missing_or_infinite_values_are_refused(bad):
    x, _, z = cohort(6)
    x[3, 7] = bad
    with (
        pytest.raises(HarmonizationError, match=r"feature 7 .* has missing or infinite values"),
        np.errstate(invalid="ignore"),
    ):
        batch_totals(x, z)
