"""Uniting: trees grown on this site's training patients of every task, in the site's place of the sum."""

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.run import Run
from shared.contract import Step
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Trees; none of a task that leaves this site out, or of which it has too few patients for a leaf."""
    learning = run.part(Learning)
    trainer = learning.learned.trainer(made(question.after, Step.UNITE))
    return Draft(trainer.sums(learning.here()), sizes=trainer.sizes)
