import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve

from shared.metrics.precision_recall import average_precision, precision_recall
from shared.metrics.score_histogram import count


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_average_precision_equals_scikit_learn_with_ties(rows):
    scores, positive = (np.array(column) for column in zip(*rows, strict=True))
    if positive.any():
        assert average_precision(scores, positive) == pytest.approx(average_precision_score(positive, scores))
    else:
        assert np.isnan(average_precision(scores, positive))


def test_curve_equals_scikit_learn_on_rounded_scores():
    rng = np.random.default_rng(9)
    positive = rng.random(250) < 0.25
    risks = np.clip(rng.normal(0.4 + 0.2 * positive, 0.15), 0, 1)
    rounded = np.floor(risks * 40) / 40
    computed = precision_recall(count(risks, positive, 40))
    precision, recall, threshold = precision_recall_curve(positive, rounded)
    at = np.searchsorted(computed.threshold, threshold - 1e-9)
    assert computed.precision[at] == pytest.approx(precision[:-1])
    assert computed.recall[at] == pytest.approx(recall[:-1])
    assert computed.average_precision == pytest.approx(average_precision_score(positive, rounded))


def test_needs_positive_patients():
    with pytest.raises(ValueError, match="positive patients"):
        precision_recall(count(np.array([0.5]), np.array([False]), 10))
