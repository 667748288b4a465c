"""Whether a model is empty: a penalty that leaves no coefficient, or trees without a split, know no feature."""

import numpy as np

from shared.models.registry import LEARNERS
from shared.results.model import FinalModel

WORDS = "The model is empty: it uses no feature and predicts the same for every patient"
"""How everything that shows such a model begins."""


def is_empty(model: FinalModel | None) -> bool:
    """Whether a model predicts the same of every patient.

    Parameters
    ----------
    model : of a result or a bundle; None for a network, which never is
    """
    if model is None:
        return False
    if model.vector:
        trees = LEARNERS[model.kind].trees(np.array(model.vector))
        if trees is not None:
            return not (trees.feature >= 0).any()
    return all(coefficient.value == 0 for coefficient in model.coefficients)


def features_used(model: FinalModel) -> int:
    """How many features move a model's prediction: selected ones whose coefficient a penalty made zero do not."""
    return sum(coefficient.value != 0 for coefficient in model.coefficients)
