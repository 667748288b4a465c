"""Score interval of the AUC of one site that trained nothing, written out from its patients.

A limit t of an AUC a solves (t - a)^2 = z^2 s V(t): V is Newcombe's variance (Stat Med 25 (2006) 559, method 5) and s
how much larger DeLong's (Biometrics 44 (1988) 837) is at a, at least 1.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import bisect
from scipy.stats import norm


def score_interval(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[float, float]:
    """95 % limits; patients are independent of the model.

    Parameters
    ----------
    scores : (n,) finite
    positive : (n,) whether the patient is of the positive class
    """
    ranked = (1 + np.sign(np.subtract.outer(scores[positive], scores[~positive]))) / 2
    m, n, auc = *ranked.shape, ranked.mean()
    delong = ranked.mean(axis=1).var(ddof=1) / m + ranked.mean(axis=0).var(ddof=1) / n
    half = (m + n) / 2

    def variance(at: float) -> float:
        return at * (1 - at) * (2 * half - 1 - (3 * half - 3) / ((2 - at) * (1 + at))) / (m * n)

    scale = norm.ppf(0.975) ** 2 * max(1.0, delong / variance(auc))

    def beyond(at: float) -> float:
        return (at - auc) ** 2 - scale * variance(at)

    return bisect(beyond, 0, auc, xtol=1e-13), bisect(beyond, auc, 1, xtol=1e-13)
