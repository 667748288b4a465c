"""Products of the standardized features of a shortlist, over the training patients of every task."""

from client.approval.disclosure_rules import require_enough_for_coefficients, require_fewer_weightings
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.federation.messages import Question


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """What correlations, redundancy and the first step of training follow from."""
    del question
    learning = run.part(Learning)
    learned, policy = learning.learned, run.approved.approval.policy
    patients, width = learned.class_totals.sum(axis=1), (learned.shortlist >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, 1 + width)
    require_fewer_weightings(policy, run.study, float(patients.max()), len(learned.fits), 1 + int(width.max()))
    if learned.learner.by_class:
        require_enough_for_coefficients(policy, run.study, learned.class_totals.min(axis=1), 1 + width)
    return PlaintextAnswer(learning.products(), sizes=learned.product_sizes)
