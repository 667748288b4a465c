"""Training: what the tasks that are still open ask for, where the totals so far lead."""

from client.approval.disclosure_rules import require_enough_for_coefficients, require_fewer_weightings
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.arrays import Array
from shared.federation.messages import Question
from shared.privacy.effective_sample_size import require_effective_number
from shared.step import Step
from shared.study.schedule import made


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the training patients of every task."""
    learning = run.part(Learning)
    learned, policy = learning.learned, run.approved.approval.policy
    exchanges = made(question.after, Step.TRAIN)
    trainer = learned.trainer(exchanges)
    # Of sites that were lost since, all patients may have been in any fit.
    patients = learned.class_totals.sum(axis=1) - run.lost_since(Step.MOMENTS)
    width = 1 + (learned.selected >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, width)
    weightings = (exchanges + 2) * len(learned.fits)  # those of the products among them
    require_fewer_weightings(policy, run.study, float(patients.max()), weightings, int(width.max()))

    def guard(weights: Array, task: int) -> None:
        require_effective_number(weights, policy.minimum_patients, learned.fits[learned.tasks[task].fit].name)

    return PlaintextAnswer(trainer.sums(learning.here(guard)), sizes=trainer.sizes)
