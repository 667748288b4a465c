"""What numbers of patients can show, before anything is computed: for planning a study."""

from collections.abc import Callable, Iterable
from math import sqrt

from scipy.optimize import brentq
from scipy.stats import norm

LEVEL = 0.05
"""Two-sided."""


def auc_variance(auc: float, positives: int, negatives: int) -> float:
    """Variance of an estimated AUC under exponential scores of both classes.

    Reference: Hanley and McNeil, Radiology 143 (1982) 29, equation 2.
    """
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return spread / (positives * negatives)


def stratified_error(auc: float, sites: Iterable[tuple[int, int]]) -> float:
    """Standard error of the site-stratified AUC, sum of U over sum of pairs.

    Parameters
    ----------
    auc : the same at every site
    sites : positives and negatives of each; a site with one class adds nothing

    Raises
    ------
    ValueError where no site has both classes.
    """
    counted = [counts for counts in sites if counts[0] > 0 and counts[1] > 0]
    pairs = sum(positives * negatives for positives, negatives in counted)
    if not pairs:
        raise ValueError("no site has patients of both classes")
    weighted = sum((p * n / pairs) ** 2 * auc_variance(auc, p, n) for p, n in counted)
    return sqrt(weighted)


def power(auc: float, sites: Iterable[tuple[int, int]], level: float = LEVEL) -> float:
    """Probability that a true site-stratified AUC is distinguished from 0.5 (normal approximation, two-sided).

    Parameters
    ----------
    auc : the true one, over 0.5
    sites : positives and negatives of each
    level : of the test
    """
    counted = list(sites)
    return power_against_chance(auc, lambda value: stratified_error(value, counted), level)


def detectable(sites: Iterable[tuple[int, int]], wanted: float = 0.8, level: float = LEVEL) -> float | None:
    """Smallest AUC over 0.5 that is told from chance with the wanted power; None where even 0.999 is not.

    Parameters
    ----------
    sites : positives and negatives of each
    wanted : power
    level : of the test
    """
    counted = list(sites)
    return least_detectable(lambda auc: power(auc, counted, level), wanted, chance=0.5)


def power_against_chance(value: float, error: Callable[[float], float], level: float = LEVEL) -> float:
    """Probability that a share of pairs ranked rightly is distinguished from 0.5 (normal approximation, two-sided).

    Parameters
    ----------
    value : the true one, over 0.5
    error : standard error of the estimate where this is the true one
    level : of the test
    """
    edge = norm.ppf(1 - level / 2) * error(0.5)
    return float(norm.sf((0.5 + edge - value) / error(value)) + norm.cdf((0.5 - edge - value) / error(value)))


def least_detectable(power_at: Callable[[float], float], wanted: float, chance: float) -> float | None:
    """Smallest true value over that of chance which has the wanted power; None where even 0.999 has not.

    Parameters
    ----------
    power_at : of a true value
    wanted : power, over the level of the test
    chance : 0.5 of a share of pairs, 0 of a correlation
    """
    if power_at(0.999) < wanted:
        return None
    return float(brentq(lambda value: power_at(value) - wanted, chance, 0.999, xtol=1e-6))
