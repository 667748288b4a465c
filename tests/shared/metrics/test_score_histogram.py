import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from shared.metrics import score_histogram

POSITIVE = np.array([True, False, True, False, False, True])
RISKS = np.array([0.0, 0.1, 0.35, 0.35, 0.999, 1.0])


def test_counts_by_hand():
    counts = score_histogram.count(RISKS, POSITIVE, bins=10)
    assert counts[0].tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]
    assert counts[1].tolist() == [1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    # 9 pairs: 0.35 over 0.1 and 1.0 over 0.1 and 0.35 win; cells 3 and 9 are shared
    assert score_histogram.auc(counts) == pytest.approx((3 + 0.5 * 2) / 9)
    assert score_histogram.auc_bound(counts) == pytest.approx(0.5 * 2 / 9)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60),
    st.integers(2, 50),
    st.integers(0, 60),
)
@settings(max_examples=80, deadline=None)
def test_bound_holds_and_sites_add_up(rows, bins, cut):
    risks, positive = (np.array(column) for column in zip(*rows, strict=True))
    whole = score_histogram.count(risks, positive, bins)
    parts = sum(score_histogram.count(risks[part], positive[part], bins) for part in (slice(cut), slice(cut, None)))
    assert (whole == parts).all()
    assert whole.sum() == risks.size
    if 0 < positive.sum() < positive.size:
        exact = roc_auc_score(positive, risks)
        assert abs(score_histogram.auc(whole) - exact) <= score_histogram.auc_bound(whole) + 1e-12


def test_thresholds_of_the_grid_are_exact():
    """0.29 * 100 is 28.999...: multiplication would put 0.29 into the wrong cell."""
    bins = 100
    risks = score_histogram.edges(bins)[:-1]
    counts = score_histogram.count(risks, np.ones(bins, dtype=bool), bins)
    assert (counts[1] == 1).all()
    reached = score_histogram.at_or_above(counts)[1]
    assert reached.tolist() == [int((risks >= edge).sum()) for edge in score_histogram.edges(bins)]


def test_roc_equals_scikit_learn_on_rounded_scores():
    rng = np.random.default_rng(7)
    positive = rng.random(300) < 0.4
    risks = np.clip(rng.normal(0.4 + 0.15 * positive, 0.2), 0, 1)
    counts = score_histogram.count(risks, positive, 50)
    rounded = np.minimum(np.floor(risks * 50), 49) / 50
    false_positive, true_positive, threshold = roc_curve(positive, rounded, drop_intermediate=False)
    computed = score_histogram.roc(counts)
    assert computed.false_positive_rate == pytest.approx(false_positive)
    assert computed.true_positive_rate == pytest.approx(true_positive)
    assert computed.threshold == pytest.approx(threshold)
    assert np.trapezoid(computed.true_positive_rate, computed.false_positive_rate) == pytest.approx(
        float(score_histogram.auc(counts))
    )


def test_fits_are_a_leading_axis():
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 5, (3, 2, 20))
    counts[2, 1] = 0
    areas, bounds = score_histogram.auc(counts), score_histogram.auc_bound(counts)
    assert areas.shape == bounds.shape == (3,)
    assert areas[0] == score_histogram.auc(counts[0])
    assert np.isnan(areas[2])
    assert np.isnan(bounds[2])


@pytest.mark.parametrize("risks", [[-0.01, 0.5], [0.5, 1.01], [np.nan, 0.5]])
def test_refuses_what_is_no_risk(risks):
    with pytest.raises(ValueError, match=r"outside|not finite"):
        score_histogram.count(np.array(risks), np.array([True, False]), 10)


def test_one_class_has_no_roc():
    with pytest.raises(ValueError, match="both classes"):
        score_histogram.roc(score_histogram.count(RISKS, np.ones(6, dtype=bool), 10))
