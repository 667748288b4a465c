"""The privacy account against dp-accounting, by its Rényi accountant at the same orders and by its tightest one."""

import numpy as np
import pytest
from dp_accounting import dp_event
from dp_accounting.pld import PLDAccountant
from dp_accounting.rdp import RdpAccountant
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.privacy.accountant import ORDERS, Account, Release, multiplier_for


def event(release: Release) -> dp_event.DpEvent:
    once = dp_event.GaussianDpEvent(release.multiplier)
    if release.rate < 1:
        once = dp_event.PoissonSampledDpEvent(release.rate, once)
    return dp_event.SelfComposedDpEvent(once, release.times)


def booked(*releases: Release) -> Account:
    account = Account()
    for release in releases:
        account = account.book(release)
    return account


RELEASES = st.builds(
    Release,
    multiplier=st.floats(0.5, 50),
    times=st.integers(1, 3000),
    rate=st.one_of(st.just(1.0), st.floats(1e-3, 0.9)),
)


@settings(deadline=None, max_examples=15)
@given(releases=st.lists(RELEASES, min_size=1, max_size=3), delta=st.sampled_from([1e-7, 1e-5, 1e-3]))
@pytest.mark.slow
def test_any_releases_cost_what_dp_accounting_says(releases: list[Release], delta: float) -> None:
    reference = RdpAccountant(orders=ORDERS.tolist())
    for release in releases:
        reference.compose(event(release))
    assert booked(*releases).epsilon(delta) == pytest.approx(reference.get_epsilon(delta), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("release", "delta"),
    [
        (Release(multiplier=1.0, times=1), 1e-5),
        (Release(multiplier=4.0, times=10), 1e-6),
        (Release(multiplier=20.0, times=18), 1e-5),
        (Release(multiplier=1.1, rate=0.01, times=1000), 1e-5),
        (Release(multiplier=2.0, rate=0.1, times=200), 1e-5),
    ],
)
@pytest.mark.slow
def test_it_is_never_under_the_true_cost_and_not_far_above(release: Release, delta: float) -> None:
    """Privacy loss distributions give epsilon to its fourth digit; Rényi divergence bounds it from above."""
    tight = PLDAccountant()
    tight.compose(event(release))
    truly, ours = tight.get_epsilon(delta), booked(release).epsilon(delta)
    assert truly * (1 - 1e-3) <= ours <= 1.15 * truly
    finer = RdpAccountant().compose(event(release)).get_epsilon(delta)
    assert finer * (1 - 1e-9) <= ours <= 1.02 * finer


def test_taking_everybody_in_is_not_sampling() -> None:
    np.testing.assert_allclose(
        Account().subsampled_gaussian(2.0, 1.0, 7).spent, Account().gaussian(2.0, 7).spent, rtol=1e-12
    )
    almost = Account().subsampled_gaussian(2.0, 1 - 1e-12, 7)
    np.testing.assert_allclose(almost.spent, Account().gaussian(2.0, 7).spent, rtol=1e-6)


def test_everything_is_booked_in_one_account() -> None:
    both = Account().gaussian(5.0, 3).subsampled_gaussian(1.5, 0.1, 10)
    apart = Account().gaussian(5.0, 3).spent + Account().subsampled_gaussian(1.5, 0.1, 10).spent
    np.testing.assert_allclose(both.spent, apart)
    assert both.epsilon(1e-5) > Account().gaussian(5.0, 3).epsilon(1e-5)
    assert Account().epsilon(1e-5) == 0


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 8.0])
def test_the_multiplier_just_reaches_the_epsilon(epsilon: float) -> None:
    multiplier = multiplier_for(epsilon, 1e-5, 18)
    assert Account().gaussian(multiplier, 18).epsilon(1e-5) == pytest.approx(epsilon, rel=1e-6)
