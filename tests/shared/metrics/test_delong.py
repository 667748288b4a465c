"""Published values: the data of DeLong, DeLong and Clarke-Pearson (1988), ovarian cancer with obstruction,
as SAS/STAT documents them for PROC LOGISTIC, "Comparing Receiver Operating Characteristic Curves"."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from shared.metrics import delong

# fmt: off
ALBUMIN = np.array([
    3.0, 3.2, 3.9, 2.8, 3.2, 0.9, 2.5, 1.6, 3.8, 3.7, 3.2, 3.8, 4.1, 3.6, 4.3, 3.6, 2.3, 4.2, 4.0, 3.5,
    3.8, 3.0, 4.5, 3.7, 3.1, 4.1, 4.3, 4.3, 3.2, 2.6, 3.3, 1.7, 3.7, 3.3, 4.2, 3.5, 2.9, 2.1, 2.8, 4.0,
    3.3, 3.7, 3.6,
])
PROTEIN = np.array([
    5.8, 6.3, 6.8, 4.8, 5.8, 4.0, 5.7, 5.6, 5.7, 6.7, 5.4, 6.6, 6.6, 5.7, 7.0, 6.7, 4.4, 7.6, 6.6, 5.8,
    6.8, 4.7, 7.4, 7.4, 6.6, 8.2, 7.0, 6.5, 5.1, 4.7, 6.8, 4.0, 6.1, 6.3, 7.7, 6.2, 5.7, 4.8, 6.2, 7.0,
    5.7, 6.9, 6.6,
])
KREBS_GOPLERUD = np.array([
    10, 5, 3, 6, 3, 5, 8, 5, 5, 6, 4, 6, 5, 5, 4, 4, 6, 4, 6, 6, 7, 8, 5, 5, 6, 6, 5, 4, 5, 6, 6, 7, 5,
    7, 6, 5, 9, 7, 8, 7, 6, 5, 5,
])
BENEFITS = "0110100111111110100110111111110011110101111"
# fmt: on
POSITIVE = np.array([benefit == "1" for benefit in BENEFITS])
KG = 10.0 - KREBS_GOPLERUD


@pytest.mark.parametrize(
    ("scores", "area", "error", "low", "high"),
    [
        (ALBUMIN, 0.7366, 0.0927, 0.5549, 0.9182),
        (PROTEIN, 0.6478, 0.1000, 0.4518, 0.8439),
        (KG, 0.7258, 0.1028, 0.5243, 0.9273),
    ],
)
def test_area_error_and_interval_as_published(scores, area, error, low, high):
    computed = delong.estimate(scores, POSITIVE)
    assert computed.auc == pytest.approx(area, abs=5e-5)
    assert np.sqrt(computed.variance) == pytest.approx(error, abs=5e-5)
    assert computed.interval() == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("scores", "difference", "error", "p_value"),
    [(ALBUMIN, 0.0108, 0.0953, 0.9102), (PROTEIN, -0.0780, 0.1046, 0.4561)],
)
def test_paired_comparison_as_published(scores, difference, error, p_value):
    computed = delong.compare(scores, KG, POSITIVE)
    assert computed.difference == pytest.approx(difference, abs=5e-5)
    assert computed.standard_error == pytest.approx(error, abs=5e-5)
    assert computed.p_value == pytest.approx(p_value, abs=5e-5)


def test_midranks_equal_the_quadratic_definition():
    """V10 and V01 written out pair by pair, as in the paper's equations."""
    rng = np.random.default_rng(5)
    scores, positive = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    kernel = np.array([[(x > y) + 0.5 * (x == y) for y in scores[~positive]] for x in scores[positive]], dtype=float)
    m, n = kernel.shape
    v10, v01 = kernel.mean(1), kernel.mean(0)
    s10, s01 = ((v - kernel.mean()) @ (v - kernel.mean()) / (v.size - 1) for v in (v10, v01))
    variance = s10 / m + s01 / n
    computed = delong.estimate(scores, positive)
    assert computed.auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-14)
    assert computed.variance == pytest.approx(variance, rel=1e-12)
    assert computed.pairs == m * n


def test_interval_covers_the_true_auc_of_a_frozen_model():
    rng = np.random.default_rng(1)
    truth, covered = 0.7602499389065233, 0  # Phi(1 / sqrt(2))
    for _ in range(400):
        positive = np.arange(120) < 50
        low, high = delong.estimate(rng.normal(size=120) + positive, positive).interval()
        covered += low <= truth <= high
    assert 0.91 <= covered / 400 <= 0.98


def test_stratified_adds_independent_sites_by_pairs():
    first, second = delong.AucEstimate(0.8, 0.01, 300), delong.AucEstimate(0.6, 0.04, 100)
    together = delong.stratified([first, second, delong.AucEstimate(np.nan, np.nan, 0)])
    assert together.auc == pytest.approx(0.75)
    assert together.variance == pytest.approx(0.01 * 0.5625 + 0.04 * 0.0625)
    assert together.pairs == 400


def test_too_few_patients_give_no_interval():
    assert np.isnan(delong.estimate(np.array([1.0, 2.0]), np.array([True, True])).auc)
    single = delong.estimate(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]))
    assert single.auc == 1
    assert np.isnan(single.interval()).all()
    with pytest.raises(ValueError, match="two patients of each class"):
        delong.compare(np.arange(3.0), np.arange(3.0), np.array([False, False, True]))


def test_equal_rankings_do_not_differ():
    same = delong.compare(KG, 2 * KG, POSITIVE)
    assert same == delong.Comparison(0.0, 0.0, 1.0)


def test_what_patients_bring_adds_up_to_the_auc_and_its_variance() -> None:
    random = np.random.default_rng(4)
    scores, positive = random.normal(size=60).round(1), random.random(60) < 0.4
    brought, expected = delong.influence(scores, positive), delong.estimate(scores, positive)
    assert brought[positive].sum() == pytest.approx(expected.auc, abs=1e-12)
    assert brought[~positive].sum() == pytest.approx(expected.auc, abs=1e-12)
    variance = sum(rows.sum() * brought[rows].var(ddof=1) for rows in (positive, ~positive))
    assert variance == pytest.approx(expected.variance, rel=1e-12)
