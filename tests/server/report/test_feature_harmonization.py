import numpy as np
import pytest
from pydantic import ValidationError

from server.report.harmonization import feature_harmonization
from shared.results.harmonized import FeatureHarmonization

EDGES = np.linspace(-2, 2, 5)


def test_shifted_sites_before_and_equal_ones_after():
    before = np.array([[8, 4, 0, 0], [0, 0, 4, 8]])
    after = np.array([[2, 4, 4, 2], [2, 4, 4, 2]])
    computed = feature_harmonization("adc_mean", EDGES, before, after)
    assert computed.before.counts == ((8, 4, 0, 0), (0, 0, 4, 8))
    assert computed.before.means == pytest.approx((-7 / 6, 7 / 6))
    # 24 values; between 24 (7/6)^2, total 16 (3/2)^2 + 8 (1/2)^2
    assert computed.before.explained == pytest.approx(24 * (7 / 6) ** 2 / 38)
    assert computed.before.p_value < 1e-6
    assert (computed.after.explained, computed.after.p_value) == (0.0, 1.0)


def test_a_feature_without_spread_has_no_share():
    constant = np.array([[0, 5, 0, 0], [0, 5, 0, 0]])
    computed = feature_harmonization("volume", EDGES, constant, constant)
    assert computed.before.explained is None
    assert computed.before.p_value is None


def test_ranges_must_fit():
    fitting = feature_harmonization("volume", EDGES, np.ones((2, 4), int), np.ones((2, 4), int))
    with pytest.raises(ValidationError, match="volume: 4 edges do not limit"):
        FeatureHarmonization.model_validate(fitting.model_dump() | {"edges": (0.0, 1.0, 2.0, 3.0)})
