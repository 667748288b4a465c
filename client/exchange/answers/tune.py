"""Tuning: the loss of every penalty on the training patients whom an inner fold leaves out."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.federation.messages import Question
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums of losses, and of how many patients, for every arm, outer fit and inner fold."""
    learning = run.part(Learning)
    return PlaintextAnswer(learning.losses(made(question.after, learning.learned.learner.step)))
