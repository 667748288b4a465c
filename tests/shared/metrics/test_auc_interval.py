"""Values of Newcombe, Stat Med 25 (2006) 559, method 5, written out; and how often intervals cover the true AUC."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from shared.metrics import auc_interval, delong
from shared.metrics.auc_interval import Stratum


def test_the_variance_is_newcombes():
    m, n, auc = 5, 15, 0.9
    half = (m + n) / 2
    expected = auc * (1 - auc) / (m * n) * (2 * half - 1 - (3 * half - 3) / ((2 - auc) * (1 + auc)))
    assert auc_interval.variance(auc, [Stratum(m * n, m + n)]) == pytest.approx(expected, rel=1e-12)


def test_by_chance_the_variance_is_that_of_all_orderings():
    n, positives = 7, 3
    u = [sum(one - place for place, one in enumerate(chosen)) for chosen in combinations(range(n), positives)]
    pairs = positives * (n - positives)
    assert auc_interval.variance(0.5, [Stratum(pairs, n)]) == pytest.approx(np.var(np.array(u) / pairs))


@given(auc=st.floats(0, 1), positives=st.integers(1, 60), negatives=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_limits_solve_the_score_equation_and_lie_about_the_estimate(auc, positives, negatives):
    strata = [Stratum(positives * negatives, positives + negatives), Stratum(40, 13), Stratum(0, 9)]
    low, high = auc_interval.interval(auc, strata)
    assert 0 <= low <= auc <= high <= 1
    for limit in (low, high):
        if 1e-9 < limit < 1 - 1e-9:
            assert (limit - auc) ** 2 == pytest.approx(
                norm.ppf(0.975) ** 2 * auc_interval.variance(limit, strata), abs=1e-9
            )
    mirrored = auc_interval.interval(1 - auc, strata)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_a_perfect_auc_of_few_patients_has_a_width():
    assert delong.estimate(np.arange(20.0), np.arange(20) >= 15).interval() == (1.0, 1.0)
    low, high = auc_interval.interval(1.0, [Stratum(75, 20)], estimated=0.0)
    assert low == pytest.approx(0.745, abs=5e-4)
    assert high == 1


def test_a_larger_estimated_variance_and_dependence_widen():
    strata = [Stratum(400, 40)]
    usual = auc_interval.interval(0.7, strata)
    assert auc_interval.interval(0.7, strata, estimated=1e-9) == usual
    twice = auc_interval.interval(0.7, strata, estimated=2 * auc_interval.variance(0.7, strata))
    assert twice == pytest.approx(auc_interval.interval(0.7, strata, inflation=2))
    assert twice[0] < usual[0] < usual[1] < twice[1]


def test_without_a_pair_there_is_nothing():
    assert np.isnan(auc_interval.interval(np.nan, [])).all()
    assert np.isnan(auc_interval.chance_range([Stratum(0, 12)])).all()


@pytest.mark.parametrize(
    ("positives", "negatives", "auc", "spread"),
    [
        (5, 15, 0.9, 1.0),
        (5, 15, 0.97, 1.0),
        (15, 5, 0.8, 2.0),
        (5, 15, 0.7, 2.0),
        (10, 200, 0.9, 1.0),
        (30, 30, 0.9, 2.0),
    ],
)
def test_covers_the_true_auc_of_a_frozen_model(positives, negatives, auc, spread):
    """Where Wald's covers as little as 0.59: few patients, an AUC near 1, one class spread more widely."""
    random, trials = np.random.default_rng(7), 300
    positive = np.arange(positives + negatives) < positives
    shift, covered = norm.ppf(auc) * np.sqrt(1 + spread**2), 0
    strata = [Stratum(positives * negatives, positives + negatives)]
    for _ in range(trials):
        scores = random.normal(size=len(positive)) * np.where(positive, spread, 1.0) + shift * positive
        found = delong.estimate(scores, positive)
        low, high = auc_interval.interval(found.auc, strata, found.variance)
        covered += low <= auc <= high
    # 99 % of such samples of an interval that covers 0.95 have at least as many
    assert covered >= 275
