"""Decision curve: the net benefit of acting on a model's risk, against acting on all or on nobody.

Reference: Vickers and Elkin, Med Decis Making 26 (2006) 565.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.metrics.score_histogram import Counts, at_or_above, edges


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit per patient, in true positives, at each threshold probability.

    Attributes
    ----------
    threshold : (bins - 1,) risk from which one would act, strictly between 0 and 1
    model, treat_all : (bins - 1,) net benefit; that of acting on nobody is 0
    """

    threshold: NDArray[np.float64]
    model: NDArray[np.float64]
    treat_all: NDArray[np.float64]


def decision_curve(counts: Counts) -> DecisionCurve:
    """Net benefit TP / n - FP / n * t / (1 - t), exact at the thresholds of the grid.

    Parameters
    ----------
    counts : (2, bins) of `score_histogram.count`, of one site or of all

    Raises
    ------
    ValueError if there is no patient.
    """
    patients = counts.sum()
    if not patients:
        raise ValueError("a decision curve needs patients")
    threshold = edges(counts.shape[-1])[1:-1]
    odds = threshold / (1 - threshold)
    false_positives, true_positives = at_or_above(counts)[:, 1:-1]
    negatives, positives = counts.sum(-1)
    return DecisionCurve(
        threshold,
        (true_positives - false_positives * odds) / patients,
        (positives - negatives * odds) / patients,
    )
