"""Growing: histograms of the training patients in every node that is grown from, where totals lead."""

from client.approval.disclosure_rules import require_enough_in_ranges
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.federation.messages import Question
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the training patients of every task, by node, feature and range."""
    learning = run.part(Learning)
    patients = learning.learned.class_totals.sum(axis=1).min()
    require_enough_in_ranges(run.approved.approval.policy, run.study, float(patients))
    trainer = learning.learned.trainer(made(question.after, Step.GROW))
    return PlaintextAnswer(trainer.sums(learning.here()), sizes=trainer.sizes)
