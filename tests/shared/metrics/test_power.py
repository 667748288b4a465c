"""Numbers of patients for a study, against published values and simulation."""

import numpy as np
import pytest
from scipy.stats import norm

from shared.metrics.auc import concordance, stratified
from shared.metrics.power import auc_variance, detectable, power, stratified_error


def test_the_published_example() -> None:
    # Hanley and McNeil 1982, table II: 58 normal and 51 abnormal, area 0.893, standard error 0.032
    assert auc_variance(0.893, 51, 58) ** 0.5 == pytest.approx(0.032, abs=0.0008)


def test_at_chance_it_is_the_variance_of_ranks() -> None:
    known = concordance(np.arange(50.0), np.arange(50) < 20)
    assert auc_variance(0.5, 20, 30) == pytest.approx(known.null_variance / known.pairs**2)


def test_power_is_what_simulated_studies_show() -> None:
    sites, auc, rng = [(12, 20), (25, 15), (9, 30)], 0.68, np.random.default_rng(1)
    shift = np.sqrt(2) * norm.ppf(auc)
    told = 0
    for _ in range(600):
        parts = []
        for positives, negatives in sites:
            scores = np.concatenate([rng.normal(shift, 1, positives), rng.normal(0, 1, negatives)])
            parts.append(concordance(scores, np.arange(positives + negatives) < positives))
        computed = stratified(parts)
        told += computed.auc > computed.chance_high or computed.auc < computed.chance_low
    # 600 draws: standard deviation 0.02; exponential against normal scores costs some more
    assert told / 600 == pytest.approx(power(auc, sites), abs=0.06)


def test_more_patients_detect_less() -> None:
    few, many = detectable([(10, 10)]), detectable([(100, 100), (80, 120)])
    assert few is not None
    assert many is not None
    assert 0.5 < many < few < 1
    assert power(many, [(100, 100), (80, 120)]) == pytest.approx(0.8, abs=1e-4)
    assert detectable([(1, 1)]) is None


def test_sites_of_one_class_add_nothing() -> None:
    assert stratified_error(0.7, [(10, 20), (0, 40), (5, 0)]) == stratified_error(0.7, [(10, 20)])
    with pytest.raises(ValueError, match="both classes"):
        stratified_error(0.7, [(0, 10)])
