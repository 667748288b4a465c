"""Growing: histograms of the training patients in every node that is grown from, where totals lead."""

from client.answers.draft import Draft
from client.derived.learning import Learning
from client.objections import require_enough_in_ranges
from client.run import Run
from shared.contract import Step
from shared.course import made
from shared.messages import Question


def answer(run: Run, question: Question) -> Draft:
    """Sums over the training patients of every task, by node, feature and range."""
    learning = run.part(Learning)
    patients = learning.learned.class_totals.sum(axis=1).min()
    require_enough_in_ranges(run.approved.approval.policy, run.study, float(patients))
    trainer = learning.learned.trainer(made(question.after, Step.GROW))
    return Draft(trainer.sums(learning.here()), sizes=trainer.sizes)
