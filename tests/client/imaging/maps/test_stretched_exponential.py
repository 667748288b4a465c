import numpy as np
import pytest

from client.imaging.maps.stretched_exponential import stretched_exponential

pytestmark = pytest.mark.slow  # compiles a fit

B = np.array([0.0, 50, 200, 500, 800, 1000, 1500, 2000])


def test_parameters_that_made_the_signal_come_back() -> None:
    ddc, alpha = np.meshgrid([0.5e-3, 1e-3, 2.5e-3], [0.5, 0.8, 1.0])
    signal = 321 * np.exp(-((B * ddc[..., None]) ** alpha[..., None]))
    fit = stretched_exponential(signal, B)
    np.testing.assert_allclose(fit.ddc, ddc, rtol=1e-4)
    np.testing.assert_allclose(fit.alpha, alpha, rtol=1e-4)
    assert fit.residual.max() < 1e-6


def test_one_diffusion_coefficient_has_index_one() -> None:
    fit = stretched_exponential(np.exp(-B * 1.3e-3)[None], B)
    np.testing.assert_allclose([fit.ddc[0], fit.alpha[0]], [1.3e-3, 1.0], rtol=1e-4)


def test_refuses_three_b_values() -> None:
    with pytest.raises(ValueError, match="four distinct"):
        stretched_exponential(np.ones((1, 4)), np.array([0, 0, 500, 1000]))
