"""Averaging: how far this site's own training moves the weights of every task, from where the totals lead."""

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.objections import require_enough_for_coefficients
from client.run import Run
from shared.contract import Step
from shared.course import made
from shared.learning import Learned
from shared.messages import Question


def require_enough_for_weights(run: Run, learned: Learned) -> None:
    """Refuse steps of a network of nearly as many weights as patients, as of any other model of so many coefficients.

    Raises
    ------
    MrfedError (`TOO_FEW_PATIENTS`) with the numbers of the worst fit.
    """
    model, patients = run.study.model, learned.class_totals.sum(axis=1)
    inputs = 1 + (learned.selected >= 0).sum(axis=1)
    weights = model.hidden * inputs + learned.classes * (1 + model.hidden)
    require_enough_for_coefficients(run.approved.approval.policy, run.study, patients, weights)


def answer(run: Run, question: Question) -> Draft:
    """Steps, times the training patients here; zeros of a task that leaves this site out."""
    learning = run.part(Learning)
    require_enough_for_weights(run, learning.learned)
    trainer = learning.learned.trainer(made(question.after, Step.AVERAGE))
    return Draft(trainer.sums(learning.here()), sizes=trainer.sizes)
