import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from shared.metrics import calibration, score_histogram


@pytest.fixture(scope="module")
def patients():
    """Risks that are too extreme (true slope 0.5) and too low (true shift 0.4)."""
    rng = np.random.default_rng(11)
    risks = expit(rng.normal(-0.3, 1.5, 800))
    positive = rng.random(800) < expit(0.4 + 0.5 * logit(risks))
    return risks, positive


def test_brier_sums_by_hand_and_scikit_learn(patients):
    assert calibration.squared_error_sum(np.array([0.8, 0.3]), np.array([True, False])) == pytest.approx(0.13)
    risks, positive = patients
    parts = sum(calibration.squared_error_sum(risks[p], positive[p]) for p in (slice(300), slice(300, None)))
    assert parts / 800 == pytest.approx(brier_score_loss(positive, risks), rel=1e-12)


def test_slope_equals_scikit_learn_without_penalty(patients):
    risks, positive = patients
    reference = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    reference.fit(logit(risks)[:, None], positive)
    computed = calibration.recalibrate(risks, positive)
    assert computed.slope == pytest.approx(reference.coef_[0, 0], rel=1e-9)
    assert computed.slope == pytest.approx(0.5, abs=3 * computed.slope_standard_error)


def test_intercept_makes_the_mean_risk_right(patients):
    """The score equation of the intercept with slope 1: predicted and observed numbers agree."""
    risks, positive = patients
    computed = calibration.recalibrate(risks, positive)
    shifted = expit(logit(risks) + computed.intercept)
    assert shifted.sum() == pytest.approx(positive.sum(), rel=1e-12)
    assert computed.intercept_standard_error == pytest.approx((shifted * (1 - shifted)).sum() ** -0.5, rel=1e-9)


def test_standard_errors_are_those_of_the_observed_information(patients):
    """Second derivatives of the log-likelihood, taken numerically."""
    risks, positive = patients
    linear = logit(risks)
    reference = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    reference.fit(linear[:, None], positive)

    def loss(a, b):
        return np.logaddexp(0, a + b * linear).sum() - ((a + b * linear) * positive).sum()

    at, step = np.array([reference.intercept_[0], reference.coef_[0, 0]]), 1e-4

    def second(u, v):
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        return sum(a * b * loss(*(at + a * u + b * v)) for a, b in signs) / (4 * step**2)

    hessian = np.array([[second(u, v) for v in np.eye(2) * step] for u in np.eye(2) * step])
    expected = np.sqrt(np.linalg.inv(hessian)[1, 1])
    assert calibration.recalibrate(risks, positive).slope_standard_error == pytest.approx(expected, rel=1e-4)


def test_from_counts_it_is_near_and_exact_where_risks_are_the_cells(patients):
    risks, positive = patients
    counts = score_histogram.count(risks, positive, 500)
    exact, from_counts = (
        calibration.recalibrate(risks, positive),
        calibration.recalibrate_counts(counts),
    )
    assert from_counts.slope == pytest.approx(exact.slope, abs=0.02)
    assert from_counts.intercept == pytest.approx(exact.intercept, abs=0.02)
    rounded = (np.floor(risks * 500) + 0.5) / 500
    counts = score_histogram.count(rounded, positive, 500)
    same = calibration.recalibrate_counts(counts)
    assert same.slope == pytest.approx(calibration.recalibrate(rounded, positive).slope, rel=1e-9)


@pytest.mark.parametrize(
    ("risks", "positive"),
    [
        ([0.1, 0.2, 0.8, 0.9], [False, False, True, True]),  # separated
        ([0.1, 0.2, 0.2, 0.9], [False, False, True, True]),  # touching
        ([0.1, 0.2, 0.8, 0.9], [True, True, False, False]),  # separated, the wrong way round
        ([0.4, 0.4, 0.4, 0.4], [True, False, True, False]),  # one risk for all
    ],
)
def test_no_finite_slope_is_said_not_invented(risks, positive):
    computed = calibration.recalibrate(np.array(risks), np.array(positive))
    assert np.isnan(computed.slope)
    assert np.isfinite(computed.intercept)


def test_one_class_has_no_recalibration():
    computed = calibration.recalibrate(np.array([0.2, 0.3]), np.array([False, False]))
    assert np.isnan([computed.slope, computed.intercept]).all()


def test_risks_of_zero_and_one_are_bearable():
    computed = calibration.recalibrate(
        np.array([0.0, 0.0, 0.5, 0.5, 1.0, 1.0]), np.array([False, True, False, True, True, False])
    )
    assert np.isfinite(computed.slope)


def test_curve_by_hand():
    risks = np.array([0.05, 0.05, 0.15, 0.85, 0.95, 0.95])
    positive = np.array([False, False, True, True, True, False])
    computed = calibration.curve(score_histogram.count(risks, positive, 10), groups=2)
    assert computed.patients.tolist() == [3, 3]
    assert computed.predicted == pytest.approx([0.25 / 3, 2.75 / 3])
    assert computed.observed == pytest.approx([1 / 3, 2 / 3])
    assert (computed.low < computed.observed).all()
    assert (computed.observed < computed.high).all()


def test_curve_keeps_every_patient(patients):
    risks, positive = patients
    computed = calibration.curve(score_histogram.count(risks, positive, 200))
    assert computed.patients.sum() == 800
    assert computed.patients.size == 10
    assert (computed.patients * computed.observed).sum() == pytest.approx(positive.sum())
    assert (computed.patients * computed.predicted).sum() == pytest.approx(risks.sum(), abs=800 / 400)
    assert (np.diff(computed.predicted) > 0).all()


def test_curve_of_nobody_is_empty():
    assert calibration.curve(np.zeros((2, 10), dtype=int)).patients.size == 0


def test_wilson_as_published():
    # Newcombe, Stat Med 17 (1998) 857, table I, method 3: 81/263, 15/148, 0/20, 1/29
    low, high = calibration.wilson(np.array([81.0, 15, 0, 1]), np.array([263.0, 148, 20, 29]))
    assert low == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_patients_of_one_cell_cannot_be_told_apart():
    """A lone patient's exact risk is one equation in her features; the curve knows it to half a cell only."""
    positive = np.array([False, True, True])
    near, far = (
        calibration.curve(score_histogram.count(np.array([0.2, 0.5, x]), positive, 200)) for x in (0.9, 0.9049)
    )
    assert near.predicted.tolist() == far.predicted.tolist()
    assert near.predicted[-1] == pytest.approx(0.9025)
