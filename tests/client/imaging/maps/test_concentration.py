import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.maps.concentration import concentration


def spoiled(t1_ms: float, tr_ms: float, angle_deg: float) -> float:
    e, a = np.exp(-tr_ms / t1_ms), np.deg2rad(angle_deg)
    return float(np.sin(a) * (1 - e) / (1 - np.cos(a) * e))


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 8), st.floats(200, 3000), st.floats(3, 8), st.floats(8, 30), st.floats(3, 7), st.floats(0.7, 1.3))
def test_the_concentration_that_made_the_signal_comes_back(
    c: float, t1_ms: float, tr_ms: float, angle: float, relaxivity: float, b1: float
) -> None:
    t1_after = 1 / (1 / t1_ms + relaxivity * c / 1000)
    signal = 500 * np.array([[spoiled(t1_ms, tr_ms, angle * b1), spoiled(t1_after, tr_ms, angle * b1)]])
    computed = concentration(
        signal,
        signal[:, 0],
        np.array([t1_ms]),
        tr_ms=tr_ms,
        flip_angle_deg=angle,
        relaxivity=relaxivity,
        b1=np.array([b1]),
    )
    np.testing.assert_allclose(computed, [[0, c]], atol=1e-4)


def test_a_signal_beyond_full_relaxation_is_not_a_number() -> None:
    signal = np.array([[100.0, 1e5]])
    computed = concentration(signal, signal[:, 0], 1400.0, tr_ms=5, flip_angle_deg=12, relaxivity=4.5)
    assert computed[0, 0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(computed[0, 1])


def test_refuses_a_flip_angle_of_zero() -> None:
    with pytest.raises(ValueError, match="flip angle"):
        concentration(np.ones((1, 2)), np.ones(1), 1000.0, tr_ms=5, flip_angle_deg=0, relaxivity=4.5)
