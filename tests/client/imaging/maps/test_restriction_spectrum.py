import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import nnls

from client.imaging.maps.restriction_spectrum import DIFFUSIVITIES, restriction_spectrum

B = np.array([0.0, 100, 500, 1000, 1500, 2000, 3000, 4000])
CURVES = np.exp(-np.outer(B, DIFFUSIVITIES))


def test_fractions_that_made_the_signal_come_back() -> None:
    fit = restriction_spectrum((CURVES @ [20, 50, 30])[None], B)
    np.testing.assert_allclose(np.ravel(fit.fractions), [0.2, 0.5, 0.3], rtol=1e-6)
    assert fit.residual[0] < 1e-6


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, len(B), elements=st.floats(-2, 10, width=32)))
def test_equals_non_negative_least_squares(signal: np.ndarray) -> None:
    amplitudes, residual = nnls(CURVES, signal)
    fit = restriction_spectrum(signal[None], B)
    total = amplitudes.sum()
    if total < 1e-3:  # nothing to speak of: fractions of rounding errors
        return
    computed = np.ravel(fit.fractions)
    assert computed.min() >= 0
    ours = np.linalg.norm(signal - CURVES @ (computed * total))
    assert ours <= residual * (1 + 1e-5) + 1e-5


def test_no_signal_has_no_fractions() -> None:
    assert np.isnan(np.ravel(restriction_spectrum(np.zeros((1, len(B))), B).fractions)).all()


def test_refuses_two_b_values() -> None:
    with pytest.raises(ValueError, match="three distinct"):
        restriction_spectrum(np.ones((1, 2)), np.array([0, 1000]))
