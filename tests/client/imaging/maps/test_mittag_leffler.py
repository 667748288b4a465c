import numpy as np
import pytest
from scipy.special import erfcx

from client.imaging.maps.fitting.compiled import LANES
from client.imaging.maps.fitting.mittag_leffler import mittag_leffler


def run(order: float, x: np.ndarray) -> np.ndarray:
    out = np.empty((3, len(x), LANES))
    mittag_leffler(np.full(LANES, order), np.repeat(x[:, None], LANES, axis=1), *out)
    assert (out == out[..., :1]).all()
    return out[..., 0]


X = np.concatenate([[0.0], np.geomspace(1e-6, 100, 60)])


def test_order_one_is_the_exponential() -> None:
    np.testing.assert_allclose(run(1.0, X)[0], np.exp(-X), atol=3e-8)


def test_order_one_half_is_the_scaled_error_function() -> None:
    np.testing.assert_allclose(run(0.5, X)[0], erfcx(X), atol=3e-8)
    # e erfc(1), Abramowitz and Stegun, table 7.
    np.testing.assert_allclose(run(0.5, np.array([1.0]))[0], [0.42758357615580700], atol=3e-8)


@pytest.mark.parametrize("order", [0.25, 0.6, 0.85])
def test_power_series_for_small_arguments(order: float) -> None:
    from math import gamma

    x = np.array([0.0, 0.1, 0.5, 0.9])
    series = sum((-x) ** k / gamma(order * k + 1) for k in range(160) if order * k < 165)
    # The series of the lowest order converges slowest: at 0.9 its 160 terms leave under 1e-8.
    np.testing.assert_allclose(run(order, x)[0], series, atol=5e-8)


@pytest.mark.parametrize("order", [0.3, 0.7, 1.0])
def test_derivatives_equal_differences(order: float) -> None:
    x = np.array([0.01, 0.4, 2.0, 9.0])
    _, by_order, by_x = run(order, x)
    np.testing.assert_allclose(by_x, (run(order, x + 1e-5)[0] - run(order, x - 1e-5)[0]) / 2e-5, atol=1e-6)
    below = order - 1e-5
    np.testing.assert_allclose(by_order, (run(order, x)[0] - run(below, x)[0]) / 1e-5, atol=2e-5)
