import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_score, recall_score

from shared.metrics.confusion import Confusion, confusion, sensitivity_threshold, youden_threshold
from shared.metrics.score_histogram import count


@pytest.fixture(scope="module")
def patients():
    rng = np.random.default_rng(8)
    positive = rng.random(200) < 0.35
    return np.clip(rng.normal(0.4 + 0.2 * positive, 0.2), 0, 1), positive


def test_equals_scikit_learn_and_sites_add_up(patients):
    risks, positive = patients
    called = risks >= 0.5
    computed = confusion(risks[:70], positive[:70], 0.5) + confusion(risks[70:], positive[70:], 0.5)
    tn, fp, fn, tp = confusion_matrix(positive, called).ravel()
    assert computed == Confusion(tp, fp, fn, tn)
    assert computed.sensitivity == pytest.approx(recall_score(positive, called))
    assert computed.specificity == pytest.approx(recall_score(~positive, ~called))
    assert computed.positive_predictive_value == pytest.approx(precision_score(positive, called))
    assert computed.negative_predictive_value == pytest.approx(precision_score(~positive, ~called))
    assert computed.balanced_accuracy == pytest.approx(balanced_accuracy_score(positive, called))
    assert computed.accuracy == pytest.approx((called == positive).mean())


def test_a_share_of_nobody_is_not_a_number():
    nobody = Confusion(0, 0, 0, 5)
    assert np.isnan(nobody.sensitivity)
    assert np.isnan(nobody.positive_predictive_value)
    assert nobody.specificity == 1


def test_youden_is_the_best_of_all_thresholds(patients):
    risks, positive = patients
    chosen = youden_threshold(count(risks, positive, 50))
    best = max(confusion(risks, positive, edge / 50).balanced_accuracy for edge in range(51))
    assert confusion(risks, positive, chosen).balanced_accuracy == pytest.approx(best)


def test_youden_takes_the_lowest_of_equal_thresholds():
    separated = count(np.array([0.1, 0.9]), np.array([False, True]), 10)
    assert youden_threshold(separated) == pytest.approx(0.2)


def test_sensitivity_threshold_is_the_highest_that_reaches_it(patients):
    risks, positive = patients
    chosen = sensitivity_threshold(count(risks, positive, 50), 0.9)
    assert confusion(risks, positive, chosen).sensitivity >= 0.9
    assert confusion(risks, positive, chosen + 0.02).sensitivity < 0.9


def test_a_missing_class_has_no_threshold():
    with pytest.raises(ValueError, match="both classes"):
        youden_threshold(count(np.array([0.5]), np.array([True]), 10))
    with pytest.raises(ValueError, match="positive patients"):
        sensitivity_threshold(count(np.array([0.5]), np.array([False]), 10), 0.9)
