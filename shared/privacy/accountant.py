"""What a study has spent of its privacy: Rényi differential privacy, composed over everything that was released.

Sums with Gaussian noise and the noisy gradients of networks are booked in the same account. The two mechanisms that
are needed have closed forms; the tests hold them against dp-accounting (docs/decisions/0018-accountant.md).
"""

from dataclasses import dataclass, field

import numpy as np
from pydantic import Field
from scipy.special import gammaln, logsumexp

from shared.arrays import Array
from shared.sections.section import Section

ORDERS: Array = np.concatenate([np.arange(2, 64), np.arange(64, 512, 8)]).astype(np.float64)
"""Orders at which the account is kept; whole numbers, for which the subsampled bound holds."""


@dataclass(frozen=True)
class Account:
    """Rényi divergence spent so far, at each order.

    Parameters
    ----------
    spent : (orders,)
    """

    spent: Array = field(default_factory=lambda: np.zeros_like(ORDERS))

    def gaussian(self, multiplier: float, times: int = 1) -> "Account":
        """Book releases with Gaussian noise.

        Parameters
        ----------
        multiplier : standard deviation of the noise of all honest sites together, over the L2 sensitivity: how far one
            patient, added or taken away, can move what is released
        times : how many releases

        Reference: Mironov, CSF 2017, proposition 7; for discrete noise Canonne et al., NeurIPS 2020, theorem 4.
        """
        return Account(self.spent + times * ORDERS / (2 * multiplier**2))

    def subsampled_gaussian(self, multiplier: float, rate: float, times: int) -> "Account":
        """Book releases with Gaussian noise of which each takes every patient in with some probability.

        Parameters
        ----------
        multiplier : as in `gaussian`
        rate : probability of a patient to be taken in, above 0 and at most 1
        times : how many releases

        Reference: Mironov, Talwar and Zhang, arXiv:1908.10530, section 3.3.
        """
        if rate == 1:
            return self.gaussian(multiplier, times)
        divergence = [_subsampled_divergence(int(order), multiplier, rate) for order in ORDERS]
        return Account(self.spent + times * np.array(divergence))

    def book(self, release: "Release") -> "Account":
        """Book releases of either kind."""
        return self.subsampled_gaussian(release.multiplier, release.rate, release.times)

    def epsilon(self, delta: float) -> float:
        """Epsilon for which all of it together is (epsilon, delta)-differentially private.

        Reference: Canonne, Kamath and Steinke, NeurIPS 2020, proposition 12.
        """
        if not self.spent.any():
            return 0.0
        spread = self.spent + np.log1p(-1 / ORDERS) - np.log(delta * ORDERS) / (ORDERS - 1)
        return float(max(spread.min(), 0.0))


class Release(Section):
    """Releases of one kind, as they are written down."""

    multiplier: float = Field(gt=0)
    times: int = Field(ge=1)
    rate: float = Field(default=1.0, gt=0, le=1)
    """Probability of a patient to be taken into each; 1 where everybody is."""


def _subsampled_divergence(order: int, multiplier: float, rate: float) -> float:
    k = np.arange(order + 1)
    terms = (
        gammaln(order + 1)
        - gammaln(k + 1)
        - gammaln(order - k + 1)
        + (order - k) * np.log1p(-rate)
        + k * np.log(rate)
        + k * (k - 1) / (2 * multiplier**2)
    )
    return float(logsumexp(terms) / (order - 1))


def multiplier_for(epsilon: float, delta: float, releases: int) -> float:
    """Least noise multiplier with which that many releases stay within (epsilon, delta)."""
    low, high = 1e-3, 1e6
    for _ in range(100):
        middle = np.sqrt(low * high)
        if Account().gaussian(middle, releases).epsilon(delta) <= epsilon:
            high = middle
        else:
            low = middle
    return float(high)
