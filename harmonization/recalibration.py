"""A model at a hospital with another prevalence: rankings at once, risks after local recalibration.

Without labels nothing tells a different prevalence from a different scanner, so the model's risks are not
risks there. With labels the intercept is corrected first, and the slope only where the labels ask for it.

Reference: Vergouwe et al., Statistics in Medicine 36 (2017) 4529 (closed testing over original model,
intercept, intercept and slope); Steyerberg, Clinical Prediction Models (2019), section 20.2.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import expit
from scipy.stats import chi2

from harmonization.array import Array
from harmonization.errors import HarmonizationError, TooFewPatientsError

FEWEST_OF_A_CLASS = 10
"""Patients of the rarer class under which nothing is recalibrated."""
_LEVEL = 0.05
_STEPS = 100
_SEPARATED = 1e12
"""Condition of the information matrix beyond which the likelihood has no maximum."""


class Meaning(StrEnum):
    """What a model's output means at a site."""

    RANKING = "ranking"
    """Order only: higher is likelier, by how much is unknown."""
    RISK = "risk"


class Update(StrEnum):
    """What local labels changed."""

    NONE = "none"
    INTERCEPT = "intercept"
    INTERCEPT_AND_SLOPE = "intercept and slope"


@dataclass(frozen=True)
class Recalibration:
    """logit(risk) = intercept + slope * logit; without labels, a ranking."""

    intercept: float = 0.0
    slope: float = 1.0
    update: Update = Update.NONE
    meaning: Meaning = Meaning.RANKING
    patients: int = 0

    def risk(self, logit: Array) -> Array:
        """(n,) probabilities.

        Raises
        ------
        HarmonizationError where the output is a ranking only.
        """
        if self.meaning is Meaning.RANKING:
            raise HarmonizationError(
                "the model was not recalibrated at this site, so its output ranks patients and gives no risks; "
                f"recalibrate with at least {FEWEST_OF_A_CLASS} labelled patients of each class, or use the ranks"
            )
        return np.asarray(expit(self.intercept + self.slope * logit))


UNLABELLED = Recalibration()
"""What a newcomer has before it has labels."""


def recalibrate(logit: Array, positive: Array) -> Recalibration:
    """Fit the local intercept, then the slope where a likelihood-ratio test asks for it.

    Parameters
    ----------
    logit : (n,) the frozen model's linear predictor
    positive : (n,) 0 or 1

    Raises
    ------
    TooFewPatientsError if a class has too few patients.
    HarmonizationError if the scores are all one, or separate the classes.
    """
    rarer = int(min(positive.sum(), len(positive) - positive.sum()))
    if rarer < FEWEST_OF_A_CLASS:
        raise TooFewPatientsError(
            f"the rarer class has {rarer} labelled patients, and {FEWEST_OF_A_CLASS} are needed to recalibrate; "
            "use the model's rankings until then"
        )
    if np.ptp(logit) == 0:
        raise HarmonizationError("the model gives all labelled patients the same score, so that no slope can be fitted")
    as_it_is = _log_likelihood(logit, positive)
    intercept, shifted = _fit(np.ones((len(logit), 1)), logit, positive)
    both, bent = _fit(np.column_stack([np.ones_like(logit), logit]), np.zeros_like(logit), positive)
    if chi2.sf(2 * (bent - as_it_is), df=2) >= _LEVEL:
        return Recalibration(0.0, 1.0, Update.NONE, Meaning.RISK, len(logit))
    if chi2.sf(2 * (bent - shifted), df=1) >= _LEVEL:
        return Recalibration(float(intercept[0]), 1.0, Update.INTERCEPT, Meaning.RISK, len(logit))
    return Recalibration(float(both[0]), float(both[1]), Update.INTERCEPT_AND_SLOPE, Meaning.RISK, len(logit))


def _log_likelihood(logit: Array, positive: Array) -> float:
    return float(np.sum(positive * logit - np.logaddexp(0.0, logit)))


def _fit(design: Array, offset: Array, positive: Array) -> tuple[Array, float]:
    """Logistic regression with an offset by Newton steps, halved until the likelihood grows."""
    theta = np.zeros(design.shape[1])
    best = _log_likelihood(offset, positive)
    for _ in range(_STEPS):
        p = expit(offset + design @ theta)
        hessian = (design.T * (p * (1 - p))) @ design
        if np.linalg.cond(hessian) > _SEPARATED:
            break
        step = np.linalg.solve(hessian, design.T @ (positive - p))
        while (value := _log_likelihood(offset + design @ (theta + step), positive)) < best - 1e-12:
            step = step / 2
        theta, best = theta + step, value
        if np.abs(step).max() < 1e-10:
            return theta, best
    raise HarmonizationError("the model separates the classes among the labelled patients, so that no slope fits best")
