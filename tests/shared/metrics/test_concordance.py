"""The concordance index against Kendall's tau, all pairs by hand, and draws of patients."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from shared.metrics import auc
from shared.metrics.concordance import concordance, ranked


def test_without_ties_it_is_kendalls_tau_on_the_scale_of_an_auc() -> None:
    random = np.random.default_rng(1)
    t = random.normal(size=700)  # more than one block
    p = t + random.normal(size=700)
    computed = concordance(p, t)
    assert computed.pairs == 700 * 699 // 2
    assert computed.index == pytest.approx((kendalltau(p, t).statistic + 1) / 2, abs=1e-12)


def test_ties_of_predictions_count_one_half_and_of_outcomes_nothing() -> None:
    computed = concordance(np.array([1.0, 1, 2, 3]), np.array([0.0, 1, 1, 0]))
    # outcomes differ in four pairs: (0,1) tied, (0,2) right, (3,1) and (3,2) wrong
    assert (computed.u, computed.pairs) == (1.5, 4)


def test_one_outcome_gives_no_pair() -> None:
    computed = concordance(np.arange(5.0), np.ones(5))
    assert computed.pairs == 0
    assert np.isnan(computed.index)
    assert np.isnan(computed.variance)


def test_of_two_outcomes_it_is_the_auc() -> None:
    random = np.random.default_rng(2)
    y = random.random(80) < 0.4
    p = np.round(y + random.normal(size=80), 1)
    assert concordance(p, y.astype(float)).u == auc.concordance(p, y).u
    assert ranked(np.stack([1 - p, p], axis=1), y.astype(int), 1, continuous=False) == (
        auc.concordance(p, y).u,
        auc.concordance(p, y).pairs,
    )


def test_the_variance_is_what_patients_drawn_anew_give() -> None:
    random = np.random.default_rng(3)
    found, told, paired = [], [], []
    for _ in range(600):
        t = random.normal(size=60)
        p, other = t + random.normal(size=60), t + 2 * random.normal(size=60)
        first, second = concordance(p, t), concordance(other, t)
        found.append((first.index, first.index - second.index))
        told.append(first.variance)
        paired.append(first.difference_variance(second))
    seen = np.var(found, axis=0)
    # 600 draws know a variance to some 6 %
    assert np.mean(told) == pytest.approx(seen[0], rel=0.2)
    assert np.mean(paired) == pytest.approx(seen[1], rel=0.2)
