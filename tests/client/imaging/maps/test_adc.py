import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.maps.adc import adc, adc_fit


def test_two_b_values_by_hand() -> None:
    # ln(1000 / 449.328964) / 800 = 0.8 / 800
    np.testing.assert_allclose(adc(np.array([[1000.0, 449.328964]]), np.array([0, 800])), [1e-3], rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1e-3, 3e-3), st.floats(1, 1e4), st.floats(-3, 3))
def test_scale_does_not_matter(d: float, s0: float, power: float) -> None:
    b = np.array([50.0, 400, 800, 1200])
    signal = s0 * 10**power * np.exp(-b * d)[None]
    np.testing.assert_allclose(adc(signal, b), [d], rtol=2e-5)


def test_a_point_that_noise_has_lifted_counts_little() -> None:
    b = np.array([0.0, 500, 1000, 3000])
    signal = np.exp(-b * 1.5e-3)
    signal[-1] = 0.03  # the noise floor; without weights the ADC would fall to about 1.2e-3
    unweighted = -np.polyfit(b, np.log(signal), 1)[0]
    assert unweighted < 1.25e-3
    assert adc(signal[None], b)[0] > 1.4e-3


def test_residual_is_a_share_of_s0() -> None:
    b = np.array([0.0, 400, 800])
    _, exact = adc_fit(700 * np.exp(-b * 1e-3)[None], b)
    assert exact[0] < 1e-6
    _, off = adc_fit(700 * (np.exp(-b * 1e-3) + np.array([0, 0.02, 0]))[None], b)
    assert 0.005 < off[0] < 0.02


def test_fits_inside_the_mask_only() -> None:
    signal = np.ones((2, 3, 2)) * np.array([1.0, 0.5])
    inside = np.zeros((2, 3), dtype=bool)
    inside[1, 2] = True
    assert np.isfinite(adc(signal, np.array([0, 700]), inside)).tolist() == inside.tolist()


def test_refuses_one_b_value() -> None:
    with pytest.raises(ValueError, match="two distinct b-values"):
        adc(np.ones((3, 2)), np.array([800, 800]))
