"""What must hold for every table: splits, order, constants added, large means, large values."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from harmonization.combat import Settings, Shrinkage, apply, fit_batch, harmonize_pooled
from harmonization.federated import site_totals, solve
from harmonization.sums import total

NONE = Settings(Shrinkage.NONE)


@st.composite
def tables(draw):
    """Patients of two to four batches, three to six features, none to two covariates."""
    sizes = draw(st.lists(st.integers(5, 12), min_size=2, max_size=4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, f, q = sum(sizes), draw(st.integers(3, 6)), draw(st.integers(0, 2))
    batch = np.repeat([f"b{index}" for index in range(len(sizes))], sizes)
    return random.normal(size=(n, f)) * 10.0 ** random.integers(-3, 4, f), batch, random.normal(size=(n, q))


def from_sites(x, batch, z, site, variant, order=1):
    """Harmonize in a federation whose sites hold whole batches; `order` is that of the sites."""
    sites = [site == name for name in np.unique(site)][::order]
    consensus = solve(total(site_totals(x[own], batch[own], z[own]) for own in sites))
    out = np.empty_like(x)
    for own in sites:
        for label in np.unique(batch[own]):
            mine = own & (batch == label)
            out[mine] = apply(x[mine], z[mine], consensus, fit_batch(x[mine], z[mine], consensus, variant))
    return out


@settings(max_examples=25, deadline=None)
@given(tables(), st.integers(0, 2**16))
def test_any_split_into_sites_and_any_order_give_the_same(table, seed):
    x, batch, z = table
    names = np.unique(batch)
    of_batch = dict(zip(names, np.random.default_rng(seed).integers(0, 3, len(names)), strict=True))
    site = np.array([of_batch[one] for one in batch])
    pooled = harmonize_pooled(x, batch, z, Settings()).x
    for order in (1, -1):
        ours = from_sites(x, batch, z, site, Settings(), order)
        assert_allclose(ours / x.std(axis=0), pooled / x.std(axis=0), atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(tables(), st.floats(-100, 100))
def test_a_constant_added_to_one_batch_moves_all_by_its_share(table, constant):
    x, batch, z = table
    mine = batch == "b0"
    moved = x + constant * x.std(axis=0) * mine[:, None]
    before, after = harmonize_pooled(x, batch, z, NONE).x, harmonize_pooled(moved, batch, z, NONE).x
    expected = constant * mine.mean()
    assert_allclose((after - before) / x.std(axis=0), expected, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(tables(), st.permutations(range(4)))
def test_order_of_patients_does_not_matter(table, order):
    x, batch, z = table
    rows = np.argsort(np.resize(order, len(x)), kind="stable")
    ours = harmonize_pooled(x[rows], batch[rows], z[rows], Settings()).x
    pooled = harmonize_pooled(x, batch, z, Settings()).x
    assert_allclose(ours / x.std(axis=0), pooled[rows] / x.std(axis=0), atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_new_patients_are_treated_as_training_patients_are(table):
    x, batch, z = table
    pooled = harmonize_pooled(x, batch, z, Settings())
    mine = batch == "b1"
    again = apply(x[mine], z[mine], pooled.consensus, pooled.effects["b1"])
    assert np.array_equal(again, pooled.x[mine])


def exact_without_shrinkage(x, batch):
    """ComBat of one feature without covariates and shrinkage, in rational numbers until the roots."""
    values = [Fraction(float(one)) for one in x]
    parts = {one: [value for value, mine in zip(values, batch, strict=True) if mine == one] for one in set(batch)}
    mean = {one: sum(part) / len(part) for one, part in parts.items()}
    squares = {one: sum((value - mean[one]) ** 2 for value in part) for one, part in parts.items()}
    alpha, variance = sum(values) / len(values), sum(squares.values()) / len(values)
    out = []
    for value, mine in zip(values, batch, strict=True):
        delta = squares[mine] / (len(parts[mine]) - 1) / variance
        out.append(alpha + (value - mean[mine]) / Fraction(float(np.sqrt(float(delta)))))
    return out, float(variance) ** 0.5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e6, -1e6, 1e3]), st.sampled_from([1.0, 1e5, 1e-7]))
def test_large_means_and_values_keep_their_digits(seed, mean, scale):
    random = np.random.default_rng(seed)
    batch = np.repeat(["a", "b", "c"], (9, 7, 12))
    x = (random.normal(size=(28, 1)) + mean + (batch == "b")[:, None]) * scale
    ours = harmonize_pooled(x, batch, np.empty((28, 0)), NONE).x[:, 0]
    exact, deviation = exact_without_shrinkage(x[:, 0], batch)
    error = max(abs(Fraction(float(mine)) - true) for mine, true in zip(ours, exact, strict=True))
    # four units in the last place of the value itself
    assert error <= 4 * np.spacing(abs(mean * scale))
    assert float(error) / deviation < 1e-9
