"""Combining: training of clinical variables, of the volume, and of the model's score beside clinical variables."""

from dataclasses import replace

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
    """Sums over the training patients of every outer fit."""
    learning = run.part(Learning)
    learned, policy = learning.learned, run.approved.approval.policy
    exchanges = run.made(learned.learner.step)
    columns = 1 + learning.width + run.extras.shape[1]
    combinations = made(question.after, Step.COMBINE)
    combiner = learned.combiner(combinations, columns)
    patients = learned.class_totals[: learned.outer].sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, 0 * patients.astype(int) + columns)
    # Hessians of other rows than those of training, so that only these can be combined with each other.
    weightings = (combinations + 1) * len(learned.small)
    require_fewer_weightings(policy, run.study, float(patients.max()), weightings, columns)

    def rows(index: int) -> tuple[Array, Array]:
        trains = run.trains(run.fits[learned.small[index][1]])
        return learning.small_design(exchanges, index, training=True)[trains], run.table.y[trains]

    def guard(weights: Array, index: int) -> None:
        require_effective_number(weights, policy.minimum_patients, learned.fits[learned.small[index][1]].name)

    return PlaintextAnswer(combiner.sums(replace(learning.here(guard), rows=rows)), sizes=combiner.sizes)
