"""Averaging: how far this site's own training moves the weights of every task, from where the totals lead."""

import numpy as np

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.objections import require_enough_for_coefficients, require_fewer_slopes
from client.run import Run
from shared.arrays import Array
from shared.contract import Step
from shared.course import made
from shared.learning import Learned
from shared.messages import Question


def require_enough_for_weights(run: Run, learned: Learned, told: float) -> None:
    """Refuse steps of a network of nearly as many weights as patients, and rounds that could be solved for patients.

    Parameters
    ----------
    run : the site's part in the run
    learned : what the network learns
    told : numbers of all fits and rounds so far, with those that are asked for

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers.
    """
    policy, patients = run.approved.approval.policy, learned.class_totals.sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, _weights(learned))
    features = len(set(learned.selected[learned.selected >= 0].tolist()))
    require_fewer_slopes(policy, run.study, float(patients.max()), features, told)


def numbers_of_a_round(learned: Learned) -> float:
    """How many numbers the steps of all tasks are."""
    return float(_weights(learned).sum())


def _weights(learned: Learned) -> Array:
    """(tasks,) of each network, without those of columns that it lacks."""
    hidden, inputs = learned.study.model.hidden, 1 + (learned.selected >= 0).sum(axis=1)
    return np.asarray(hidden * inputs + learned.classes * (1 + hidden))


def answer(run: Run, question: Question) -> Draft:
    """Steps, times the training patients here; zeros of a task that leaves this site out."""
    learning = run.part(Learning)
    rounds = made(question.after, Step.AVERAGE)
    require_enough_for_weights(run, learning.learned, (rounds + 1) * numbers_of_a_round(learning.learned))
    trainer = learning.learned.trainer(rounds)
    return Draft(trainer.sums(learning.here()), sizes=trainer.sizes)
