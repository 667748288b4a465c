"""The leverage of a patient bounds what any combination of sums says of her."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy.leverage import Span, leverage, leverage_of_persons, orthonormal


def designs():
    """Sets over cells, and the cells' counts."""
    return st.integers(0, 2**32 - 1).map(drawn)


def drawn(seed):
    rng = np.random.default_rng(seed)
    cells = int(rng.integers(1, 12))
    sets = (rng.random((int(rng.integers(1, 10)), cells)) < rng.uniform(0.1, 0.9)).astype(float)
    return sets, rng.integers(1, 9, cells)


def spread(sets, counts):
    return np.repeat(sets, counts, axis=1)


@given(designs())
def test_no_combination_gives_a_patient_more_than_her_leverage(design):
    sets, counts = design
    everyone = spread(sets, counts)
    bound = np.repeat(leverage(sets, counts), counts)
    rng = np.random.default_rng(0)
    for combination in rng.normal(size=(50, len(sets))) @ everyone:
        assert (combination**2 <= bound * (combination @ combination) + 1e-9).all()


@given(designs())
def test_the_bound_is_attained(design):
    sets, counts = design
    everyone, found = spread(sets, counts), np.repeat(leverage(sets, counts), counts)
    projection = np.linalg.pinv(everyone) @ everyone
    np.testing.assert_allclose(found, np.diagonal(projection), atol=1e-9)


@given(designs(), st.integers(0, 11), st.integers(1, 20))
def test_leverage_only_falls_as_counts_rise(design, cell, more):
    sets, counts = design
    raised = counts.copy()
    raised[cell % len(counts)] += more
    assert (leverage(sets, raised) <= leverage(sets, counts) + 1e-9).all()


@given(designs(), st.integers(0, 9))
def test_a_span_that_grows_is_the_span_of_all(design, split):
    sets, counts = design
    everyone = spread(sets, counts)
    at_once = Span.of_nobody(everyone.shape[1]).with_sets(everyone)
    one_by_one = Span.of_nobody(everyone.shape[1]).with_sets(everyone[:split]).with_sets(everyone[split:])
    np.testing.assert_allclose(one_by_one.leverage, at_once.leverage, atol=1e-8)


def folds(seed, patients=100, count=10):
    order = np.random.default_rng(seed).permutation(patients)
    return np.stack([order % count != fold for fold in range(count)]).astype(float)


def test_one_cross_validation_under_eighteen_seeds_gives_everybody_away():
    """10 folds of 100 patients: each seed adds nine directions, and eleven seeds span everything."""
    assert Span.of_nobody(100).with_sets(folds(0)).effective_patients == pytest.approx(10)
    every = np.concatenate([folds(seed) for seed in range(18)])
    assert Span.of_nobody(100).with_sets(every).effective_patients == pytest.approx(1.0)


def test_four_subgroups_that_differ_in_pairs_by_many_give_one_patient():
    """A - B - (A - C) - (A - D) is one patient where B, C and D leave out parts of a partition but for her."""
    everybody = np.ones(80)
    left_out = [np.isin(np.arange(80), np.arange(start, start + 18)) for start in (0, 18, 36)]
    her = np.arange(80) == 60
    overlapping = [everybody - out for out in left_out]
    overlapping.append(everybody - (np.isin(np.arange(80), np.arange(54)) | her))
    sets = np.stack([everybody, *overlapping])
    pairs = np.abs(sets[:, None] - sets[None]).sum(axis=-1)
    assert pairs[pairs > 0].min() >= 18
    assert Span.of_nobody(80).with_sets(sets).leverage[60] == pytest.approx(1.0)


def test_a_gram_matrix_of_twelve_binary_columns_gives_a_patient_exactly():
    columns = np.random.default_rng(3).random((12, 80)) < 0.3
    products = np.stack([columns[i] & columns[j] for i in range(12) for j in range(i + 1)]).astype(float)
    assert Span.of_nobody(80).with_sets(products).leverage.max() > 0.995


def test_a_person_of_several_examinations_counts_as_one():
    sets = np.zeros((2, 20))
    sets[0, :10] = 1
    sets[1, 10:] = 1
    apart = leverage_of_persons(sets, list(range(20)))
    np.testing.assert_allclose(apart, 0.1, atol=1e-12)
    twice = leverage_of_persons(sets, [0, 0, *range(1, 19)])
    assert twice[0] == pytest.approx(0.2)


def test_new_patients_are_in_no_earlier_set():
    span = Span.of_nobody(10).with_sets(np.ones((1, 10))).with_patients(1)
    assert span.leverage[10] == 0
    assert span.with_sets(np.ones((1, 11))).leverage[10] == pytest.approx(1.0)  # the difference is about her alone


def test_nothing_summed_isolates_nobody():
    assert Span.of_nobody(5).effective_patients == np.inf
    assert orthonormal(np.zeros((4, 2))).shape == (4, 0)
    assert leverage(np.ones((1, 3)), np.array([4, 0, 6])).tolist() == pytest.approx([0.1, 0.0, 0.1])
