"""What numbers of patients can show of a continuous outcome, before anything is computed: for planning a study.

Within each site prediction and outcome are taken as bivariate normal of correlation rho, the same at every site,
without ties; means and spreads may differ between sites. Then the concordance index is 1/2 + asin(rho) / pi.

References: Greiner, Z Math Phys 57 (1909) 121, for the index; Esscher, Skand Aktuarietidskr 7 (1924) 201, for its
variance (that of Kendall's tau, a quarter of it; also Kendall and Gibbons, Rank Correlation Methods, 1990); Fisher,
Metron 1 (1921) 3, for the correlation.
"""

from collections.abc import Iterable
from math import asin, atanh, inf, pi, sin, sqrt

from scipy.stats import norm

from shared.metrics.power import LEVEL, least_detectable, power_against_chance


def concordance_of(correlation: float) -> float:
    """Concordance index of a bivariate normal correlation."""
    return 0.5 + asin(correlation) / pi


def correlation_of(concordance: float) -> float:
    """Bivariate normal correlation of a concordance index."""
    return sin(pi * (concordance - 0.5))


def concordance_variance(concordance: float, patients: int) -> float:
    """Variance of an estimated concordance index.

    Parameters
    ----------
    concordance : the true one
    patients : two or more
    """
    rho = correlation_of(concordance)
    pairs = patients * (patients - 1) / 2
    tau, shared = 2 / pi * asin(rho), 2 / pi * asin(rho / 2)
    return (1 - tau**2 + 2 * (patients - 2) * (1 / 9 - shared**2)) / (4 * pairs)


def concordance_error(concordance: float, sites: Iterable[int]) -> float:
    """Standard error of the concordance index of pairs within sites.

    Parameters
    ----------
    concordance : the same at every site
    sites : patients of each; one with a single patient adds nothing

    Raises
    ------
    ValueError where no site has two patients.
    """
    counted = [(n, n * (n - 1) / 2) for n in sites if n > 1]
    if not counted:
        raise ValueError("no site has two patients")
    pairs = sum(of_site for _, of_site in counted)
    return sqrt(sum((of_site / pairs) ** 2 * concordance_variance(concordance, n) for n, of_site in counted))


def concordance_power(concordance: float, sites: Iterable[int], level: float = LEVEL) -> float:
    """Probability that a true concordance index within sites is told from 0.5 (normal approximation, two-sided).

    Parameters
    ----------
    concordance : the true one, over 0.5
    sites : patients of each
    level : of the test
    """
    counted = list(sites)
    return power_against_chance(concordance, lambda value: concordance_error(value, counted), level)


def detectable_concordance(sites: Iterable[int], wanted: float = 0.8, level: float = LEVEL) -> float | None:
    """Smallest concordance index over 0.5 that is told from chance with the wanted power; None where 0.999 is not.

    Parameters
    ----------
    sites : patients of each
    wanted : power
    level : of the test
    """
    counted = list(sites)
    return least_detectable(lambda value: concordance_power(value, counted, level), wanted, chance=0.5)


def correlation_error(sites: Iterable[int]) -> float:
    """Standard error of Fisher's z of the correlation within sites; infinite where it has none.

    One degree of freedom is spent on the mean of each site, so that of one site it is 1 / sqrt(n - 3).

    Parameters
    ----------
    sites : patients of each
    """
    free = sum(n - 1 for n in sites if n > 1) - 2
    return 1 / sqrt(free) if free > 0 else inf


def correlation_power(correlation: float, sites: Iterable[int], level: float = LEVEL) -> float:
    """Probability that a true correlation within sites is told from 0 (Fisher's z, two-sided).

    Parameters
    ----------
    correlation : the true one, over 0
    sites : patients of each
    level : of the test
    """
    z, edge = atanh(correlation) / correlation_error(sites), norm.ppf(1 - level / 2)
    return float(norm.sf(edge - z) + norm.cdf(-edge - z))


def detectable_correlation(sites: Iterable[int], wanted: float = 0.8, level: float = LEVEL) -> float | None:
    """Smallest correlation that is told from 0 with the wanted power; None where 0.999 is not.

    Parameters
    ----------
    sites : patients of each
    wanted : power
    level : of the test
    """
    counted = list(sites)
    return least_detectable(lambda rho: correlation_power(rho, counted, level), wanted, chance=0.0)


def relative_error(patients: int) -> float:
    """Standard error of the root of the mean squared error, as a share of it, where errors are normal about zero.

    Parameters
    ----------
    patients : evaluated, of all sites together
    """
    return 1 / sqrt(2 * patients)
