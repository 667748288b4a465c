"""Robust aggregates against their definitions, and what a lying site can do to them and to a mean."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from shared.strategies.robust_aggregates import distances, krum_scores, median, multi_krum, trimmed_mean

HONEST = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0], [5.0, 50.0]])
vectors = arrays(np.float64, st.tuples(st.integers(5, 9), st.integers(1, 4)), elements=st.floats(-1e6, 1e6))


def test_median_and_trimmed_mean_of_written_values() -> None:
    np.testing.assert_array_equal(median(HONEST), [3.0, 30.0])
    np.testing.assert_array_equal(median(HONEST[:4]), [2.5, 25.0])
    lying = np.vstack([HONEST[:4], [[1e9, -1e9]]])
    np.testing.assert_allclose(trimmed_mean(lying, 1), [3.0, 20.0])


@given(vectors)
def test_trimmed_mean_is_scipys(values: np.ndarray) -> None:
    expected = stats.trim_mean(values, 1 / len(values) + 1e-9, axis=0)
    np.testing.assert_allclose(trimmed_mean(values, 1), expected, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(trimmed_mean(values, 0), values.mean(axis=0), rtol=1e-9, atol=1e-6)


@given(vectors, st.integers(0, 1), st.randoms())
def test_order_of_the_sites_does_not_matter(values: np.ndarray, wrong: int, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(values)))
    random.shuffle(order)
    np.testing.assert_array_equal(median(values[order]), median(values))
    np.testing.assert_allclose(trimmed_mean(values[order], wrong), trimmed_mean(values, wrong), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(krum_scores(values[order], wrong), krum_scores(values, wrong)[order], rtol=1e-12)


@given(vectors)
def test_krum_scores_are_the_least_sums_over_any_choice_of_neighbours(values: np.ndarray) -> None:
    """The definition, by trying all sets of n - f - 2 other sites."""
    wrong, sites = 1, len(values)
    for site, score in enumerate(krum_scores(values, wrong)):
        squares = [float(((values[site] - values[other]) ** 2).sum()) for other in range(sites) if other != site]
        least = min(sum(chosen) for chosen in combinations(squares, sites - wrong - 2))
        np.testing.assert_allclose(score, least, rtol=1e-12)


def test_one_lying_site_moves_the_mean_anywhere_and_the_others_hardly() -> None:
    rng = np.random.default_rng(7)
    honest = rng.normal(size=(6, 50))
    truth = honest.mean(axis=0)
    lying = np.vstack([honest, np.full((1, 50), 1e6)])
    assert np.abs(lying.mean(axis=0) - truth).max() > 1e5
    spread = np.ptp(honest, axis=0)
    for aggregate in (median(lying), trimmed_mean(lying, 1), lying[multi_krum(lying, 1)].mean(axis=0)):
        assert (np.abs(aggregate - truth) <= spread).all()
    assert distances(lying).argmax() == 6
    assert distances(lying)[6] > 1000


def test_krum_is_not_deceived_by_a_hidden_pair() -> None:
    """Two sites that agree with each other far from the rest: each has only one near neighbour."""
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(5, 20))
    together = np.vstack([np.full((2, 20), 50.0), honest])
    chosen = multi_krum(together, 2)
    assert set(chosen) <= set(range(2, 7))
    assert len(chosen) == 3
    assert multi_krum(together, 2, keep=1)[0] in range(2, 7)


def test_sites_that_score_alike_are_taken_in_their_order() -> None:
    np.testing.assert_array_equal(multi_krum(np.zeros((5, 3)), 1, keep=2), [0, 1])


def test_distances_where_all_others_agree() -> None:
    np.testing.assert_array_equal(distances(np.array([[1.0], [1.0], [1.0], [9.0]])), [0, 0, 0, np.inf])
    np.testing.assert_array_equal(distances(np.ones((3, 2))), [0, 0, 0])


def test_too_few_sites_or_nonsense_are_refused() -> None:
    with pytest.raises(ValueError, match="leave none"):
        trimmed_mean(HONEST[:4], 2)
    with pytest.raises(ValueError, match="leave none"):
        trimmed_mean(HONEST, -1)
    with pytest.raises(ValueError, match="needs 5 sites"):
        krum_scores(HONEST[:4], 1)
    with pytest.raises(ValueError, match="keep fewer"):
        multi_krum(HONEST, 1, keep=5)
    with pytest.raises(ValueError, match="no site"):
        median(HONEST[:0])
    with pytest.raises(ValueError, match="site 1"):
        median(np.array([[1.0], [np.nan], [2.0]]))
