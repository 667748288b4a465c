"""Filters and rankings from sums of three sites, against SciPy and scikit-learn on the pooled table."""

import numpy as np
import pytest
from scipy.stats import f_oneway, false_discovery_control, pearsonr
from sklearn.feature_selection import f_regression
from sklearn.linear_model import lasso_path
from sklearn.metrics import mutual_info_score

from shared.arrays import pack_symmetric
from shared.sections.model import PenaltyChoice
from shared.selection import mrmr, mrmr_correlation
from shared.selection.correlation import correlations, uncorrelated
from shared.selection.penalty import choose
from shared.selection.stability import PENALTIES, false_ones, frequencies, half_samples, path
from shared.selection.univariate import discovered, f_of_outcome, f_statistic, freedom, p_value

SITES = (slice(20), slice(20, 23), slice(23, None))


@pytest.fixture(scope="module")
def pooled():
    random = np.random.default_rng(7)
    z = random.normal(size=(90, 4)) @ random.normal(size=(4, 12)) + random.normal(size=(90, 12))
    z[:, 5] = z[:, 4]
    z[:, 6] = np.round(z[:, 6])
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    y = (z[:, 0] + random.normal(size=90) > 0).astype(int) + (z[:, 1] > 1)
    return z, y


def summed(part, z, y):
    parts = [part(z[rows], y[rows]) for rows in SITES]
    return {name: sum(one[name] for one in parts) for name in parts[0]}


def moments(z, y):
    of_class = (y == np.arange(3)[:, None]).astype(float)
    return {"totals": of_class.sum(axis=1), "sums": of_class @ z, "squares": (z**2).sum(axis=0)}


def test_f_of_several_classes_is_scipys(pooled):
    z, y = pooled
    known = summed(moments, z, y)
    f = f_statistic(known["totals"][None], known["sums"][None], known["squares"][None])
    reference = [f_oneway(*(column[y == one] for one in range(3))) for column in z.T]
    np.testing.assert_allclose(f[0], [one.statistic for one in reference], rtol=1e-9)
    np.testing.assert_allclose(
        p_value(f, freedom(known["totals"][None]))[0], [one.pvalue for one in reference], rtol=1e-9
    )


def test_an_empty_class_is_left_aside_and_a_feature_without_spread_has_no_f():
    z, y = np.array([[1.0, 0], [1, 1], [1, 2], [1, 4]]), np.array([0, 0, 2, 2])
    known = moments(z, y)
    f = f_statistic(known["totals"][None], known["sums"][None], known["squares"][None])[0]
    assert f[0] == 0
    assert f[1] == pytest.approx(f_oneway([0, 1], [2, 4]).statistic)


def test_f_of_a_continuous_endpoint_is_that_of_pearsons_r(pooled):
    z, _ = pooled
    outcome = 3 * z[:, 2] + np.sin(np.arange(90))
    said = np.concatenate([[outcome.sum(), outcome @ outcome], outcome @ z])
    f = f_of_outcome(np.array([90.0]), z.sum(axis=0)[None], (z**2).sum(axis=0)[None], said[None])[0]
    r = np.array([pearsonr(column, outcome).statistic for column in z.T])
    np.testing.assert_allclose(f, r**2 * 88 / (1 - r**2), rtol=1e-9)
    theirs, p_values = f_regression(z, outcome)
    np.testing.assert_allclose(f, theirs, rtol=1e-9)
    free = freedom(np.array([[90.0]]), continuous=True)
    np.testing.assert_allclose(p_value(f[None], free)[0], p_values, rtol=1e-9)


def test_discoveries_are_those_of_benjamini_and_hochberg():
    p = np.random.default_rng(3).uniform(size=(5, 40)) ** 4
    np.testing.assert_array_equal(discovered(p, 0.1), false_discovery_control(p, axis=1) <= 0.1)
    assert not discovered(np.ones((1, 4)), 0.05).any()


def test_correlations_are_numpys_and_of_two_alike_the_better_stays(pooled):
    z, y = pooled
    known = summed(lambda z, _: {"products": pack_symmetric(z.T @ z)}, z, y)
    r = correlations(np.array([90.0]), known["products"][None])[0]
    np.testing.assert_allclose(r, np.corrcoef(z.T), atol=1e-12)
    rank = np.array([5, 4, 0, 1, 2, 3, 6, 7, 8, 9, 10, 11])
    kept = uncorrelated(r, rank, 0.6)
    assert kept[5]
    assert not kept[4]
    among = np.abs(np.corrcoef(z[:, kept].T)) - np.eye(kept.sum())
    assert among.max() <= 0.6
    for one in np.flatnonzero(~kept):  # whoever goes has a better one that says the same
        better = [other for other in rank[: list(rank).index(one)] if kept[other]]
        assert np.abs(r[one, better]).max() > 0.6


def test_mrmr_chooses_what_mutual_information_on_the_pooled_table_says(pooled):
    z, y = pooled
    level = np.digitize(z, mrmr.CUTS, right=True)
    relevance = [mutual_info_score(y, column) for column in level.T]
    expected = [int(np.argmax(relevance))]
    while len(expected) < 6:
        worth = [
            -np.inf
            if one in expected
            else relevance[one] - np.mean([mutual_info_score(level[:, one], level[:, kept]) for kept in expected])
            for one in range(12)
        ]
        expected.append(int(np.argmax(np.round(worth, 12))))
    totals = summed(lambda z, y: mrmr.counts(z, y, 3), z, y)
    assert mrmr.most_relevant(totals, np.ones(12, dtype=bool), 6).tolist() == expected


def test_mrmr_of_a_number_is_f_over_the_mean_correlation_on_the_pooled_table(pooled):
    z, _ = pooled
    outcome = 2 * z[:, 2] + z[:, 4] - z[:, 0] + np.sin(np.arange(90))
    relevance, size = f_regression(z, outcome)[0], np.abs(np.corrcoef(z.T)).clip(mrmr_correlation.LEAST_REDUNDANCY)
    expected = [int(np.argmax(relevance))]
    while len(expected) < 6:
        worth = {one: relevance[one] / size[one, expected].mean() for one in range(12) if one not in expected}
        expected.append(max(worth, key=lambda one: round(worth[one], 9)))
    assert expected != np.argsort(-relevance, kind="stable")[:6].tolist()
    known = summed(lambda z, _: {"products": pack_symmetric(z.T @ z)}, z, outcome)
    r, every = correlations(np.array([90.0]), known["products"][None])[0], np.ones(12, dtype=bool)
    assert mrmr_correlation.most_relevant(relevance, r, every, 6).tolist() == expected
    few = every & (np.arange(12) < 2)
    assert sorted(mrmr_correlation.most_relevant(relevance, r, few, 6).tolist()) == [0, 1]
    assert mrmr_correlation.most_relevant(relevance, r, ~every, 6).size == 0


def test_mrmr_takes_no_more_than_there_are():
    totals = mrmr.counts(np.random.default_rng(0).normal(size=(9, 3)), np.arange(9) % 2, 2)
    assert mrmr.most_relevant(totals, np.array([True, False, True]), 5).tolist() in ([0, 2], [2, 0])
    assert mrmr.most_relevant(totals, np.zeros(3, dtype=bool), 5).size == 0


def test_halves_of_blocks_are_complementary_and_drawn_where_there_are_too_many():
    blocks = np.array([0, 1, 3, 4, 6, 7])
    every = half_samples(blocks, 50, np.random.default_rng(1))
    assert len(every) == 20
    drawn = half_samples(blocks, 8, np.random.default_rng(1))
    assert len(drawn) == 8
    for first, other in zip(drawn[:4], drawn[4:], strict=True):
        assert set(first) | set(other) == set(blocks)
    assert half_samples(blocks[:5], 50, np.random.default_rng(1)).shape == (10, 2)


def test_the_path_of_a_half_is_scikit_learns_lasso(pooled):
    z, y = pooled
    y = (y > 0).astype(int)
    totals = {
        "count": np.array(90.0),
        "sums": z.sum(axis=0),
        "products": z.T @ z,
        "outcome": y.sum(),
        "outcome_products": y @ z,
    }
    usable = np.ones(12, dtype=bool)
    usable[5] = False  # equal to another: no reference says which of the two comes in
    found = path(totals, usable, 6)
    centred = z[:, usable] - z[:, usable].mean(axis=0)
    largest = np.abs(centred.T @ (y - y.mean())).max() / len(y)
    _, reference, _ = lasso_path(centred, y - y.mean(), alphas=largest * PENALTIES, tol=1e-14, max_iter=100_000)
    last = np.flatnonzero((found != 0).any(axis=1)).max()
    assert last > 5
    np.testing.assert_allclose(found[: last + 1, usable], reference.T[: last + 1], atol=1e-9)
    assert not found[:, 5].any()


def test_frequencies_follow_a_path_while_it_is_short():
    followed = np.array([[[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]], [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1]]])
    np.testing.assert_array_equal(frequencies(followed, 2), [0.5, 1.0, 0.5])
    np.testing.assert_array_equal(frequencies(followed, 1), [0.5, 0.0, 0.5])
    assert false_ones(10, 100, 0.75) == pytest.approx(2.0)


def test_the_rule_of_one_standard_error_takes_the_larger_penalty():
    loss = np.array([[10.0, 6.2, 6.0, 9.0], [10.0, 6.0, 6.2, 8.0], [10.0, 6.6, 6.1, 9.5]])
    patients = np.array([10.0, 10.0, 10.0])
    assert choose(loss, patients, PenaltyChoice.BEST) == 2
    assert choose(loss, patients, PenaltyChoice.ONE_STANDARD_ERROR) == 2
    assert (
        choose(
            loss + [[0], [0.0], [0]] + 1.5 * np.array([[0, 0, 1.0, 0], [0, 0, 0, 0], [0, 0, -1, 0]]),
            patients,
            PenaltyChoice.ONE_STANDARD_ERROR,
        )
        == 1
    )
    assert choose(loss[:1], patients[:1], PenaltyChoice.ONE_STANDARD_ERROR) == 2
    assert choose(loss, np.zeros(3), PenaltyChoice.BEST) == 0


def test_of_losses_that_only_rounding_tells_apart_the_larger_penalty_is_taken():
    loss = np.array([[3.0, 3.0, 3.0], [5.0, 5.0, 5.0]]) * (1 + np.array([2e-16, -3e-16, -9e-16]))
    assert np.argmin(loss.sum(axis=0)) == 2
    assert choose(loss, np.array([10.0, 10.0]), PenaltyChoice.BEST) == 0
    assert choose(loss * [1.0, 1.0, 1 - 1e-9], np.array([10.0, 10.0]), PenaltyChoice.BEST) == 2
