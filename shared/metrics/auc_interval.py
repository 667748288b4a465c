"""Score interval of the AUC, and the range that chance alone gives, from numbers of patients and of pairs.

A Wald interval takes the variance at the estimate, which is nothing where every pair is ranked rightly: at an AUC of
0.9 with 5 and 15 patients 95 % intervals cover 0.76. A score interval takes the variance at each value that it tries,
so it has a width at an AUC of 1 and stays between 0 and 1. The variance is Newcombe's, exact at 0.5 without ties; an
estimate from the scores (DeLong's, or of resamples) that is larger stretches it, as where one class is spread more
widely than the other.

References: Newcombe, Stat Med 25 (2006) 559, method 5; Hanley and McNeil, Radiology 143 (1982) 29.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, nan, sqrt

from scipy.optimize import brentq
from scipy.special import ndtri

_NEXT = 1e-12
"""How far from the estimate a limit is looked for, at least: at the estimate itself the equation always holds."""


@dataclass(frozen=True)
class Stratum:
    """Patients who are compared with each other: those of one site.

    Attributes
    ----------
    pairs : of one positive and one negative patient; 0 where a class is missing
    patients : of both classes
    """

    pairs: float
    patients: float


def variance(auc: float, strata: Iterable[Stratum]) -> float:
    """Variance of the AUC of pairs within strata where the true one is `auc` in each; NaN without a pair.

    Parameters
    ----------
    auc : 0 to 1
    strata : of independent patients
    """
    counted = [stratum for stratum in strata if stratum.pairs > 0]
    pairs = sum(stratum.pairs for stratum in counted)
    if not pairs:
        return nan
    between = (2 - auc) * (1 + auc)
    spread = sum(
        stratum.pairs * (stratum.patients - 1 - 3 * (stratum.patients / 2 - 1) / between) for stratum in counted
    )
    return auc * (1 - auc) * spread / pairs**2


def stretch(auc: float, strata: Iterable[Stratum], estimated: float) -> float:
    """How much larger an estimate of the variance is than that of `variance`; 1 where it is smaller, or is none."""
    expected = variance(auc, strata)
    return max(1.0, estimated / expected) if isfinite(estimated) and expected > 0 else 1.0


def chance_range(strata: Iterable[Stratum], inflation: float = 1.0, level: float = 0.95) -> tuple[float, float]:
    """Central range of the AUC of scores that know nothing of the class; NaN without a pair.

    Parameters
    ----------
    strata : of the patients
    inflation : of the variance (`shared.metrics.dependence`)
    level : share of such scores that lie in it
    """
    half = _quantile(level) * sqrt(inflation * variance(0.5, strata))
    if not isfinite(half):
        return nan, nan
    return max(0.0, 0.5 - half), min(1.0, 0.5 + half)


def interval(
    auc: float, strata: Iterable[Stratum], estimated: float = nan, inflation: float = 1.0, level: float = 0.95
) -> tuple[float, float]:
    """Values of the true AUC that the patients do not speak against; NaN without a pair.

    Parameters
    ----------
    auc : estimate, of pairs within strata
    strata : of the patients
    estimated : variance from the scores themselves; NaN where there is none
    inflation : of the variance (`shared.metrics.dependence`)
    level : of confidence
    """
    counted = [stratum for stratum in strata if stratum.pairs > 0]
    if not counted or not isfinite(auc):
        return nan, nan
    scale = _quantile(level) ** 2 * inflation * stretch(auc, counted, estimated)
    # the variance is the same at an AUC and at one less it, so a lower limit is an upper one seen from the other side
    return 1 - _above(1 - auc, counted, scale), _above(auc, counted, scale)


def _above(auc: float, strata: list[Stratum], scale: float) -> float:
    if auc + _NEXT >= 1:
        return 1.0
    return float(brentq(lambda at: at - auc - sqrt(scale * variance(at, strata)), auc + _NEXT, 1.0))


def _quantile(level: float) -> float:
    return float(ndtri(0.5 + level / 2))
