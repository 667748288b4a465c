"""How well predictions rank pooled patients, in pairs within one site, by scikit-learn and SciPy."""

import numpy as np

from shared.arrays import Array
from shared.study.plan import targets
from simulations.certificate.classes import measures as of_classes
from simulations.certificate.regression import measures as of_regression
from simulations.pooled import Pooled


def within_sites(predicted: Array, outcome: Array, pooled: Pooled) -> float:
    """AUC within sites, the mean over the classes that are judged, or concordance of a number; NaN without a pair.

    Parameters
    ----------
    predicted : (n, classes) NaN of patients who are not evaluated
    outcome : (n,) class, or value
    pooled : the study on one table
    """
    continuous, concordances = pooled.study.question.endpoint.continuous, []
    for target in targets(pooled.study):
        right, pairs = 0.0, 0
        for place in pooled.places:
            seen = np.isfinite(predicted[place.rows]).all(axis=1)
            values, y = predicted[place.rows][seen, target], outcome[place.rows][seen]
            ranked = of_regression.ranked_pairs(values, y) if continuous else of_classes.ranked(values, y == target)
            right, pairs = right + ranked[0], pairs + ranked[1]
        concordances.append(right / pairs if pairs else np.nan)
    return float(np.mean(concordances))
