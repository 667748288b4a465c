"""Risks at a hospital with another prevalence."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from harmonization.errors import HarmonizationError, TooFewPatientsError
from harmonization.recalibration import UNLABELLED, Meaning, Update, recalibrate


def drawn(seed, n, intercept, slope):
    """Patients whose true risk is a recalibration of the model's."""
    random = np.random.default_rng(seed)
    predictor = random.normal(0, 1.2, n)
    return predictor, (random.random(n) < expit(intercept + slope * predictor)).astype(np.float64)


def test_without_labels_there_are_rankings_only():
    assert UNLABELLED.meaning is Meaning.RANKING
    with pytest.raises(HarmonizationError, match="ranks patients and gives no risks"):
        UNLABELLED.risk(np.zeros(3))


def test_calibrated_model_is_left_alone():
    # of a hundred patients at each risk, exactly as many are positive
    risk = np.repeat([0.1, 0.2, 0.4, 0.5, 0.8], 100)
    positive = np.tile(np.arange(100), 5) < 100 * risk
    ours = recalibrate(logit(risk), positive.astype(np.float64))
    assert (ours.update, ours.intercept, ours.slope, ours.meaning) == (Update.NONE, 0.0, 1.0, Meaning.RISK)


def test_other_prevalence_moves_the_intercept_only():
    predictor, positive = drawn(2, 2000, 1.2, 1.0)
    ours = recalibrate(predictor, positive)
    assert ours.update is Update.INTERCEPT
    assert ours.slope == 1.0
    assert ours.intercept == pytest.approx(1.2, abs=0.15)
    # maximum likelihood makes the mean risk the observed share
    assert ours.risk(predictor).mean() == pytest.approx(positive.mean(), abs=1e-9)


def test_overconfident_model_gets_a_slope():
    predictor, positive = drawn(3, 2000, -0.4, 0.5)
    ours = recalibrate(predictor, positive)
    assert ours.update is Update.INTERCEPT_AND_SLOPE

    def loss(theta):
        eta = theta[0] + theta[1] * predictor
        return np.logaddexp(0, eta).sum() - positive @ eta

    best = minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-8}).x
    assert [ours.intercept, ours.slope] == pytest.approx(best, abs=1e-4)


def test_calibrated_models_are_changed_as_rarely_as_the_level_says():
    changed = [recalibrate(*drawn(seed, 200, 0.0, 1.0)).update is not Update.NONE for seed in range(300)]
    assert np.mean(changed) < 0.09


def test_too_few_of_a_class():
    predictor, _ = drawn(4, 100, 0, 1)
    with pytest.raises(TooFewPatientsError, match="the rarer class has 9 labelled patients, and 10"):
        recalibrate(predictor, (np.arange(100) < 9).astype(np.float64))


def test_separated_classes_are_refused():
    predictor = np.linspace(-3, 3, 60)
    with pytest.raises(HarmonizationError, match="separates the classes"):
        recalibrate(predictor, (predictor > 0).astype(np.float64))


def test_a_slope_is_added_as_rarely_as_the_level_says():
    updates = [recalibrate(*drawn(seed, 300, 1.0, 1.0)).update for seed in range(300)]
    assert 0.02 < np.mean([update is Update.INTERCEPT_AND_SLOPE for update in updates]) < 0.09
