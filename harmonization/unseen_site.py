"""A hospital, or a scanner, that was not in the fit: it harmonizes itself, and nobody refits.

It has the frozen consensus (alpha, beta, variance) and some unlabelled patients of its own. Its batch effect
is then estimated as any other's; how well is a matter of their number, and is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv
from scipy.stats import norm

from harmonization.array import Array, Rows
from harmonization.combat import BatchEffect, Settings, fit_batch
from harmonization.errors import TooFewPatientsError
from harmonization.federated import COMPLETE, Consensus, Totals, batch_totals
from harmonization.shrinkage import Prior

FEWEST_PATIENTS = 20
_LEVEL = 0.95
_LISTED = 8
"""Features that a sentence lists at most."""


@dataclass(frozen=True)
class Uncertainty:
    """How far a batch effect may lie from its estimate: central 95 % intervals, in pooled standard deviations.

    Of a patient's harmonized value, `location` is the part that is the same for all patients of the batch.
    """

    location: Array
    """(f,) half width of the interval of gamma"""
    scale_low: Array
    """(f,) lower limit of sqrt(delta)"""
    scale_high: Array
    """(f,) upper limit of sqrt(delta)"""

    @property
    def words(self) -> str:
        """One line for a person."""
        width = self.scale_high / self.scale_low
        return (
            f"a feature's mean is known to ±{np.nanmedian(self.location):.2f} pooled standard deviations (median "
            f"over features, 95 %; worst ±{np.nanmax(self.location):.2f}), its standard deviation within a "
            f"factor of {np.nanmedian(width):.2f} from lower to upper limit"
        )


@dataclass(frozen=True)
class UnseenSite:
    """A batch that harmonized itself."""

    effect: BatchEffect
    uncertainty: Uncertainty
    spread: Array
    """(f,) standard deviation of the harmonized values about the covariates' effects, in pooled ones; NaN where it
    cannot be measured"""

    def words(self, names: Sequence[str]) -> str:
        """One line for a person: how well the effect is known, what came of it, and which features it is not like.

        Parameters
        ----------
        names : (f,) of the features
        """
        line = f"{self.uncertainty.words}; harmonized, {_spread_words(self.spread)}"
        apart = self.effect.outlying
        if not len(apart):
            return line
        order = apart[np.argsort(-self.effect.delta_hat[apart], kind="stable")]
        listed = ", ".join(
            f"{names[place]} (variance {self.effect.delta_hat[place]:,.3g}, mean {self.effect.gamma_hat[place]:+.3g})"
            for place in order[:_LISTED]
        )
        more = f" and {len(order) - _LISTED} more" if len(order) > _LISTED else ""
        return (
            f"{line}. {len(apart)} of {len(self.spread)} features are far from what the others of this batch are, in "
            f"pooled units: {listed}{more}; they were harmonized by themselves and told the others nothing, and their "
            "values should be looked at before they are used"
        )


def join(
    x: Array,
    z: Array,
    consensus: Consensus,
    settings: Settings,
    fewest: int = FEWEST_PATIENTS,
    incomplete: Rows = COMPLETE,
) -> UnseenSite:
    """Estimate the effect of a batch that was not in the fit.

    Parameters
    ----------
    x : (n, f) features of its patients; labels are not needed
    z : (n, q) their covariates
    consensus : frozen
    settings : of the fit
    fewest : patients under which it refuses
    incomplete : (m,) features that may be missing

    Raises
    ------
    TooFewPatientsError saying how wide the uncertainty would be.
    """
    n = len(x)
    if n < fewest:
        about = f"; with {n} a mean would be known to ±{_two_sided() / np.sqrt(n):.2f} deviations" if n else ""
        raise TooFewPatientsError(
            f"{n} patients of the new batch, and {fewest} are needed to harmonize it{about}; collect more "
            "(labels are not needed), or leave its features as they are (--raw)"
        )
    effect = fit_batch(x, z, consensus, settings, incomplete)
    return UnseenSite(effect, uncertainty(effect), _spread(batch_totals(x, z, incomplete), consensus, effect))


def _spread(totals: Totals, consensus: Consensus, effect: BatchEffect) -> Array:
    """(f,) standard deviation of a batch's harmonized values about the covariates' effects, in pooled ones."""
    n = totals.feature_count
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.maximum(totals.residual_squares(consensus.beta), 0.0) / (n - 1) / consensus.variance
        return np.where((n > 1) & (consensus.variance > 0), np.sqrt(variance / effect.delta_star), np.nan)


def _spread_words(spread: Array) -> str:
    measured = spread[np.isfinite(spread)]
    if not len(measured):
        return "no feature has a standard deviation that can be measured"
    low, middle, high = np.quantile(measured, [0.025, 0.5, 0.975])
    return (
        f"a feature has {middle:.2f} times the pooled standard deviation (median over features as measured, 95 % of "
        f"them {low:.2f} to {high:.2f})"
    )


def uncertainty(effect: BatchEffect) -> Uncertainty:
    """Posterior intervals of gamma and delta, each given the other; sampling intervals without a prior.

    Parameters
    ----------
    effect : of a batch

    Notes
    -----
    With the prior of parametric shrinkage gamma is normal with variance t2 delta / (t2 n + delta), and delta
    inverse gamma with shape a + n / 2. Without one these are delta / n and a chi-square with n - 1 degrees of
    freedom, (n - 1) / 2 being its gamma shape. Reference: Johnson et al., Biostatistics 8 (2007) 118,
    section 3.2; Gelman et al., Bayesian Data Analysis (2013), section 3.2.
    """
    n, delta = effect.count, effect.delta_star
    given = effect.prior or Prior(gamma_bar=0.0, t2=np.inf, a=0.0, b=0.0, delta_bar=1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        location = _two_sided() * np.sqrt(1.0 / (n / delta + 1.0 / given.t2))
    shape = n / 2.0 + given.a if effect.prior else (n - 1) / 2.0
    if np.isinf(given.a):
        return Uncertainty(location, np.sqrt(delta), np.sqrt(delta))
    # delta_star is the posterior mean, rate / (shape - 1), and without a prior rate / shape
    rate = delta * (shape - 1.0 if effect.prior else shape)
    tail = (1 - _LEVEL) / 2
    with np.errstate(invalid="ignore"):
        return Uncertainty(
            location=location,
            scale_low=np.sqrt(rate / gammaincinv(shape, 1 - tail)),
            scale_high=np.sqrt(rate / gammaincinv(shape, tail)),
        )


def _two_sided() -> float:
    return float(norm.ppf((1 + _LEVEL) / 2))
