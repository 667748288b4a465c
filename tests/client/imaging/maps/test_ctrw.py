import numpy as np
import pytest
from scipy.special import erfcx

from client.imaging.maps.ctrw import ctrw

pytestmark = pytest.mark.slow  # compiles a fit

B = np.array([0.0, 50, 100, 200, 400, 600, 800, 1000, 1500, 2000, 2500, 3000])


def test_waiting_times_of_order_one_half_in_closed_form() -> None:
    fit = ctrw(700 * erfcx((B * 1e-3) ** 0.8)[None], B)
    np.testing.assert_allclose([fit.d[0], fit.alpha[0], fit.beta[0]], [1e-3, 0.5, 0.8], rtol=1e-4)
    assert fit.converged.all()


def test_gaussian_diffusion_has_both_indices_one() -> None:
    fit = ctrw(np.exp(-B * 1.1e-3)[None], B)
    np.testing.assert_allclose([fit.d[0], fit.alpha[0], fit.beta[0]], [1.1e-3, 1, 1], rtol=1e-3)


def test_a_stretched_exponential_has_waiting_times_of_one_rate() -> None:
    fit = ctrw(np.exp(-((B * 1.1e-3) ** 0.7))[None], B)
    np.testing.assert_allclose([fit.d[0], fit.alpha[0], fit.beta[0]], [1.1e-3, 1, 0.7], rtol=2e-3)


def test_refuses_four_b_values() -> None:
    with pytest.raises(ValueError, match="five distinct"):
        ctrw(np.ones((1, 4)), np.array([0, 500, 1000, 2000]))
