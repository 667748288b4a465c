"""Uniting: trees grown on this site's training patients of every task, in the site's place of the sum."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Trees; none of a task that leaves this site out, or of which it has too few patients for a leaf."""
    learning = run.part(Learning)
    trainer = learning.learned.trainer(made(question.after, Step.ENSEMBLE))
    return PlaintextAnswer(trainer.sums(learning.here()), sizes=trainer.sizes)
