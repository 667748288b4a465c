"""Tuning: the loss of every penalty on the training patients whom an inner fold leaves out."""

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.run import Run
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Sums of losses, and of how many patients, for every arm, outer fit and inner fold."""
    learning = run.part(Learning)
    return Draft(learning.losses(made(question.after, learning.learned.learner.step)))
