"""Calibration of predicted risks: Brier score, recalibration slope and intercept, calibration curve.

References: Cox, Biometrika 45 (1958) 562; Van Calster et al., BMC Med 17 (2019) 230; Wilson, J Am Stat
Assoc 22 (1927) 209.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from shared.metrics.auc import Z_95
from shared.metrics.score_histogram import Counts, middles
from shared.metrics.scores import checked_probabilities

_CLIP = 1e-12
"""Risks are kept this far from 0 and 1, where the logit ends."""
_NEWTON_STEPS = 50
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Recalibration:
    """How predicted risks must be bent to fit what was observed.

    Attributes
    ----------
    slope : b in logit P(y) = a + b logit(p); 1 is ideal, under 1 the risks are too extreme
    slope_standard_error : of b, from the observed information
    intercept : a in logit P(y) = a + logit(p); 0 is ideal, above 0 the risks are too low on average
    intercept_standard_error : of a
    """

    slope: float
    slope_standard_error: float
    intercept: float
    intercept_standard_error: float


@dataclass(frozen=True)
class CalibrationCurve:
    """Observed against predicted risk, a point for each group of patients.

    Attributes
    ----------
    patients : (m,) at least one each
    predicted : (m,) mean predicted risk
    observed : (m,) share of positive patients
    low, high : (m,) Wilson's 95 % interval of the observed share
    """

    patients: NDArray[np.int64]
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def squared_error_sum(probabilities: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Sum over one site's patients of (p - y)^2; the sites' sums over their patients is the Brier score."""
    probabilities, positive = checked_probabilities(probabilities, positive)
    return float(((probabilities - positive) ** 2).sum())


def curve(counts: Counts, groups: int = 10) -> CalibrationCurve:
    """Calibration curve from counts, in groups of cells with about equally many patients.

    Every patient stands at the middle of her cell: a mean of risks is known to half a cell, and nobody's risk closer.

    Parameters
    ----------
    counts : (2, bins) negatives and positives, of `score_histogram.count`
    groups : most groups; fewer where many patients share a cell

    Returns
    -------
    one point for each group; none for no patients
    """
    patients = counts.sum(0)
    total = int(patients.sum())
    if not total:
        empty = np.empty(0)
        return CalibrationCurve(np.empty(0, np.int64), empty, empty, empty, empty)
    # a cell goes to the quantile group in which its middle patient lies
    middle = np.cumsum(patients) - patients / 2
    group = np.minimum((middle * groups / total).astype(np.int64), groups - 1)
    n = np.bincount(group, weights=patients, minlength=groups).astype(np.float64)
    kept = n > 0
    positives = np.bincount(group, weights=counts[1], minlength=groups)[kept].astype(np.float64)
    predicted = np.bincount(group, weights=patients * middles(patients.size), minlength=groups)[kept]
    n = n[kept]
    low, high = wilson(positives, n)
    return CalibrationCurve(n.astype(np.int64), predicted / n, positives / n, low, high)


def wilson(
    positives: NDArray[np.float64], patients: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's 95 % interval of a share, element by element; `patients` at least 1."""
    share, z2 = positives / patients, Z_95**2
    centre = (share + z2 / (2 * patients)) / (1 + z2 / patients)
    half = Z_95 * np.sqrt(share * (1 - share) / patients + z2 / (4 * patients**2)) / (1 + z2 / patients)
    return np.maximum(centre - half, 0), np.minimum(centre + half, 1)


def recalibrate(probabilities: NDArray[np.float64], positive: NDArray[np.bool_]) -> Recalibration:
    """Logistic recalibration of one site's risks, by maximum likelihood.

    Parameters
    ----------
    probabilities : (n,) predicted risks
    positive : (n,)

    Returns
    -------
    NaN for what has no finite estimate: the slope where the classes are separated or the risks all equal, the
    intercept where one class is missing.
    """
    probabilities, positive = checked_probabilities(probabilities, positive)
    return _recalibrate(probabilities, positive.astype(np.float64), np.ones(positive.size))


def recalibrate_counts(counts: Counts) -> Recalibration:
    """Logistic recalibration of several sites' risks together, each patient at the middle of her cell.

    Parameters
    ----------
    counts : (2, bins) of `score_histogram.count`
    """
    patients = counts.sum(0)
    filled = patients > 0
    return _recalibrate(
        middles(patients.size)[filled],
        counts[1, filled].astype(np.float64),
        patients[filled].astype(np.float64),
    )


def _recalibrate(
    probabilities: NDArray[np.float64], positives: NDArray[np.float64], patients: NDArray[np.float64]
) -> Recalibration:
    """Grouped binomial form: `positives` of `patients` at each risk."""
    predictor = logit(np.clip(probabilities, _CLIP, 1 - _CLIP))
    negatives = patients - positives
    if not (positives.sum() > 0 and negatives.sum() > 0):
        return Recalibration(nan, nan, nan, nan)
    with_positive, with_negative = predictor[positives > 0], predictor[negatives > 0]
    overlap = with_positive.max() > with_negative.min() and with_negative.max() > with_positive.min()
    slope, slope_error = nan, nan
    if overlap:
        design = np.stack([np.ones_like(predictor), predictor], axis=1)
        coefficients, errors = _newton(design, np.zeros_like(predictor), positives, patients)
        slope, slope_error = float(coefficients[1]), float(errors[1])
    coefficients, errors = _newton(np.ones((predictor.size, 1)), predictor, positives, patients)
    return Recalibration(slope, slope_error, float(coefficients[0]), float(errors[0]))


def _newton(
    design: NDArray[np.float64],
    offset: NDArray[np.float64],
    positives: NDArray[np.float64],
    patients: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients and standard errors of a logistic regression with an offset, by damped Newton steps."""
    coefficients = np.zeros(design.shape[1])

    def loss(at: NDArray[np.float64]) -> float:
        linear = design @ at + offset
        return float((patients * np.logaddexp(0, linear) - positives * linear).sum())

    for _ in range(_NEWTON_STEPS):
        risk = expit(design @ coefficients + offset)
        hessian = (design * (patients * risk * (1 - risk))[:, None]).T @ design
        step = np.linalg.lstsq(hessian, design.T @ (positives - patients * risk), rcond=None)[0]
        current_loss, length = loss(coefficients), 1.0
        while loss(coefficients + length * step) > current_loss and length > _TOLERANCE:
            length /= 2
        coefficients = coefficients + length * step
        if np.abs(step).max() <= _TOLERANCE * (1 + np.abs(coefficients).max()):
            break
    risk = expit(design @ coefficients + offset)
    hessian = (design * (patients * risk * (1 - risk))[:, None]).T @ design
    return coefficients, np.sqrt(np.diag(np.linalg.inv(hessian)))
