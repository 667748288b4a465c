"""Training, from where the totals so far lead: of the study's model, and of what it is compared and combined with."""

from dataclasses import replace

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.averaging_rules import numbers_of_a_round, require_enough_for_weights
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from shared.arrays import Array
from shared.contract.schedule import made
from shared.federation.messages import Question
from shared.privacy.disclosure_rules import (
    require_enough_for_coefficients,
    require_enough_in_ranges,
    require_fewer_weightings,
)
from shared.privacy.effective_sample_size import require_effective_number
from shared.step import Step


def gram(run: Run, question: Question) -> PlaintextAnswer:
    """What correlations, redundancy and the first step of training follow from."""
    del question
    learning = run.part(Learning)
    learned, policy = learning.learned, run.approved.approval.policy
    patients, width = learned.class_totals.sum(axis=1), (learned.shortlist >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, 1 + width)
    require_fewer_weightings(policy, run.study, float(patients.max()), len(learned.fits), 1 + int(width.max()))
    if learned.learner.by_class:
        require_enough_for_coefficients(policy, run.study, learned.class_totals.min(axis=1), 1 + width)
    return PlaintextAnswer(learning.products())


def train(run: Run, question: Question) -> PlaintextAnswer:
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

    return PlaintextAnswer(trainer.sums(learning.context(guard)))


def grow(run: Run, question: Question) -> PlaintextAnswer:
    """Sums over the training patients of every task, by node, feature and range."""
    learning = run.part(Learning)
    patients = learning.learned.class_totals.sum(axis=1).min()
    require_enough_in_ranges(run.approved.approval.policy, run.study, float(patients))
    trainer = learning.learned.trainer(made(question.after, Step.GROW))
    return PlaintextAnswer(trainer.sums(learning.context()))


def average(run: Run, question: Question) -> PlaintextAnswer:
    """Steps, times the training patients here; zeros of a task that leaves this site out."""
    learning = run.part(Learning)
    rounds = made(question.after, Step.AVERAGE)
    require_enough_for_weights(run, learning.learned, (rounds + 1) * numbers_of_a_round(learning.learned))
    trainer = learning.learned.trainer(rounds)
    return PlaintextAnswer(trainer.sums(learning.context()))


def ensemble(run: Run, question: Question) -> PlaintextAnswer:
    """Trees; none of a task that leaves this site out, or of which it has too few patients for a leaf."""
    learning = run.part(Learning)
    trainer = learning.learned.trainer(made(question.after, Step.ENSEMBLE))
    return PlaintextAnswer(trainer.sums(learning.context()))


def tune(run: Run, question: Question) -> PlaintextAnswer:
    """Sums of losses, and of how many patients, for every arm, outer fit and inner fold."""
    learning = run.part(Learning)
    return PlaintextAnswer(learning.losses(made(question.after, learning.learned.learner.step)))


def combine(run: Run, question: Question) -> PlaintextAnswer:
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

    return PlaintextAnswer(combiner.sums(replace(learning.context(guard), rows=rows)))
