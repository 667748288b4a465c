"""What stands against the rounds of a network on features: its steps are equations in the patients who made them."""

import numpy as np

from client.exchange.run import Run
from shared.arrays import Array
from shared.privacy.disclosure_rules import require_enough_for_coefficients, require_fewer_slopes
from shared.sections.model import PerceptronSettings
from shared.training.progress import Learned


def require_enough_for_weights(run: Run, learned: Learned, numbers: float) -> None:
    """Refuse steps of a network of nearly as many weights as patients, and rounds that could be solved for patients.

    Parameters
    ----------
    run : the site's part in the run
    learned : what the network learns
    numbers : numbers of all fits and rounds so far, with those that are asked for

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    policy, patients = run.approved.approval.policy, learned.class_totals.sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, _weights(learned))
    features = len(set(learned.selected[learned.selected >= 0].tolist()))
    require_fewer_slopes(policy, run.study, float(patients.max()), features, numbers)


def numbers_of_a_round(learned: Learned) -> float:
    """How many numbers the steps of all tasks are."""
    return float(_weights(learned).sum())


def _weights(learned: Learned) -> Array:
    """(tasks,) of each network, without those of columns that it lacks."""
    model, inputs = learned.study.model, 1 + (learned.selected >= 0).sum(axis=1)
    assert isinstance(model, PerceptronSettings)  # no other kind is averaged
    hidden = model.hidden
    return np.asarray(hidden * inputs + learned.classes * (1 + hidden))
