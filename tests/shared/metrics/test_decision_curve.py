import numpy as np
import pytest

from shared.metrics.decision_curve import decision_curve
from shared.metrics.score_histogram import count


def test_net_benefit_by_hand():
    # at 0.5: 2 true and 1 false positives of 5, odds 1
    risks, positive = np.array([0.9, 0.6, 0.5, 0.4, 0.1]), np.array([True, True, False, True, False])
    computed = decision_curve(count(risks, positive, 10))
    at = int(np.argmin(np.abs(computed.threshold - 0.5)))
    assert computed.model[at] == pytest.approx((2 - 1) / 5)
    assert computed.treat_all[at] == pytest.approx((3 - 2) / 5)


def test_equals_its_definition_on_unrounded_risks():
    rng = np.random.default_rng(4)
    positive = rng.random(400) < 0.3
    risks = np.clip(rng.normal(0.3 + 0.2 * positive, 0.2), 0, 1)
    computed = decision_curve(count(risks, positive, 100))
    for threshold, model, treat_all in zip(computed.threshold, computed.model, computed.treat_all, strict=True):
        called, odds = risks >= threshold, threshold / (1 - threshold)
        assert model == pytest.approx(((called & positive).sum() - odds * (called & ~positive).sum()) / 400)
        assert treat_all == pytest.approx((positive.sum() - odds * (~positive).sum()) / 400)


def test_needs_patients():
    with pytest.raises(ValueError, match="needs patients"):
        decision_curve(np.zeros((2, 10), dtype=int))
