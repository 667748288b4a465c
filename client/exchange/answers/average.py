"""Averaging: how far this site's own training moves the weights of every task, from where the totals lead."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.averaging_rules import numbers_of_a_round, require_enough_for_weights
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Steps, times the training patients here; zeros of a task that leaves this site out."""
    learning = run.part(Learning)
    rounds = made(question.after, Step.AVERAGE)
    require_enough_for_weights(run, learning.learned, (rounds + 1) * numbers_of_a_round(learning.learned))
    trainer = learning.learned.trainer(rounds)
    return PlaintextAnswer(trainer.sums(learning.here()), sizes=trainer.sizes)
