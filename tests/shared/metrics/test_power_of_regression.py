"""Numbers of patients for a study of a number, against published values, statsmodels and simulation."""

from math import atanh, pi

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from shared.metrics.concordance import concordance
from shared.metrics.power_of_regression import (
    concordance_error,
    concordance_of,
    concordance_power,
    concordance_variance,
    correlation_error,
    correlation_of,
    correlation_power,
    detectable_concordance,
    detectable_correlation,
)


@pytest.mark.parametrize(("correlation", "patients"), [(0.1, 783), (0.3, 85), (0.5, 28)])
def test_the_published_numbers_of_patients(correlation: float, patients: int) -> None:
    # Cohen, Psychol Bull 112 (1992) 155, table 2: power 0.80 at 0.05, two-sided; the estimate of z is a little too
    # large in few patients, so that normal power is 0.016 short with 28
    assert correlation_power(correlation, [patients]) == pytest.approx(0.80, abs=0.02)
    assert detectable_correlation([patients]) == pytest.approx(correlation, rel=0.02)


@pytest.mark.parametrize(("correlation", "patients"), [(0.2, 60), (0.35, 25), (0.7, 12)])
def test_power_of_a_correlation_is_statsmodels(correlation: float, patients: int) -> None:
    # one sample of Fisher's z, whose variance is 1 / (n - 3)
    expected = NormalIndPower(ddof=3).power(atanh(correlation), patients, 0.05, ratio=0)
    assert correlation_power(correlation, [patients]) == pytest.approx(expected, abs=1e-12)


def test_without_correlation_it_is_the_variance_of_kendalls_tau() -> None:
    # Kendall, Biometrika 30 (1938) 81: 2 (2n + 5) / 9n(n - 1), of tau, which is twice the index
    for n in (2, 7, 40):
        assert concordance_variance(0.5, n) == pytest.approx(2 * (2 * n + 5) / (9 * n * (n - 1)) / 4)


def test_the_index_of_a_correlation_and_back() -> None:
    assert concordance_of(0.5) == pytest.approx(2 / 3)  # asin 0.5 is a sixth of pi
    assert concordance_of(np.sin(0.2 * pi)) == pytest.approx(0.7)
    assert correlation_of(concordance_of(0.37)) == pytest.approx(0.37)


def test_errors_and_power_are_what_simulated_studies_show() -> None:
    sites, rho, random = [12, 25, 18], 0.35, np.random.default_rng(3)
    indices, correlations = [], []
    for _ in range(2000):
        u, pairs, products = 0.0, 0, np.zeros(3)
        for place, n in enumerate(sites):
            t = random.normal(size=n)
            p = rho * t + np.sqrt(1 - rho**2) * random.normal(size=n)
            computed = concordance(place + p, 3 * place + t)  # sites lie apart: only pairs within them count
            u, pairs = u + computed.u, pairs + computed.pairs
            p, t = p - p.mean(), t - t.mean()
            products += [p @ t, p @ p, t @ t]
        indices.append(u / pairs)
        correlations.append(products[0] / np.sqrt(products[1] * products[2]))
    true = concordance_of(rho)
    # 2000 draws know a standard deviation to 1.6 %, a share to 0.011
    assert np.mean(indices) == pytest.approx(true, abs=0.005)
    assert np.std(indices) == pytest.approx(concordance_error(true, sites), rel=0.05)
    assert np.std(np.arctanh(correlations)) == pytest.approx(correlation_error(sites), rel=0.05)
    edge = 1.959963984540054
    by_ranks = np.mean(np.abs(np.array(indices) - 0.5) > edge * concordance_error(0.5, sites))
    by_correlation = np.mean(np.abs(np.arctanh(correlations)) > edge * correlation_error(sites))
    assert by_ranks == pytest.approx(concordance_power(true, sites), abs=0.035)
    assert by_correlation == pytest.approx(correlation_power(rho, sites), abs=0.035)


def test_more_patients_detect_less_and_single_ones_nothing() -> None:
    few, many = detectable_concordance([12, 15]), detectable_concordance([80, 120, 60])
    assert few is not None
    assert many is not None
    assert 0.5 < many < few < 1
    assert concordance_power(many, [80, 120, 60]) == pytest.approx(0.8, abs=1e-4)
    assert concordance_error(0.7, [20, 1, 0]) == concordance_error(0.7, [20])
    assert (detectable_concordance([2]), detectable_correlation([3]), detectable_correlation([1, 0])) == (None,) * 3
    with pytest.raises(ValueError, match="two patients"):
        concordance_error(0.6, [1, 1])
