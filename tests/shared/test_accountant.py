"""The privacy account against dp-accounting 0.6.0 (values computed with its RdpAccountant)."""

import numpy as np
import pytest

from shared.accountant import ORDERS, Account, multiplier_for


@pytest.mark.parametrize(
    ("multiplier", "times", "delta", "expected"),
    [
        (1.0, 1, 1e-5, 4.728387387137021),
        (4.0, 10, 1e-6, 4.010281175954646),
        (20.0, 18, 1e-5, 0.846980031476462),
    ],
)
def test_gaussian_releases(multiplier, times, delta, expected):
    """dp-accounting looked at finer orders, so that ours is never below and hardly above."""
    found = Account().gaussian(multiplier, times).epsilon(delta)
    assert expected * (1 - 1e-12) <= found <= expected * 1.01


@pytest.mark.parametrize(
    ("rate", "multiplier", "times", "delta", "expected", "at_orders"),
    [
        (0.01, 1.1, 1000, 1e-5, 1.7252908180449444, [0.12851008160516542, 0.5840703355202598, 8469.416433675926]),
        (0.1, 2.0, 200, 1e-5, 3.6797458455819205, [0.5672456532527327, 2.7450860206439947, 325.4404602038872]),
        (0.25, 1.5, 60, 1e-6, 9.122833371713947, [2.0627214484265495, 23.703964393783686, 340.8060475794233]),
    ],
)
def test_subsampled_releases(rate, multiplier, times, delta, expected, at_orders):
    account = Account().subsampled_gaussian(multiplier, rate, times)
    assert account.epsilon(delta) == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(account.spent[np.searchsorted(ORDERS, [2, 8, 32])], at_orders, rtol=1e-9)


def test_taking_everybody_in_is_not_sampling():
    np.testing.assert_allclose(
        Account().subsampled_gaussian(2.0, 1.0, 7).spent, Account().gaussian(2.0, 7).spent, rtol=1e-12
    )
    almost = Account().subsampled_gaussian(2.0, 1 - 1e-12, 7)
    np.testing.assert_allclose(almost.spent, Account().gaussian(2.0, 7).spent, rtol=1e-6)


def test_everything_is_booked_in_one_account():
    both = Account().gaussian(5.0, 3).subsampled_gaussian(1.5, 0.1, 10)
    apart = Account().gaussian(5.0, 3).spent + Account().subsampled_gaussian(1.5, 0.1, 10).spent
    np.testing.assert_allclose(both.spent, apart)
    assert both.epsilon(1e-5) > Account().gaussian(5.0, 3).epsilon(1e-5)
    assert Account().epsilon(1e-5) == 0


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 8.0])
def test_the_multiplier_just_reaches_the_epsilon(epsilon):
    multiplier = multiplier_for(epsilon, 1e-5, 18)
    assert Account().gaussian(multiplier, 18).epsilon(1e-5) == pytest.approx(epsilon, rel=1e-6)
