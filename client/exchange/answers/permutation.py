"""The exchanges of shuffled labels: those of training once more, for the labels of every shuffle."""

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.averaging_rules import numbers_of_a_round, require_enough_for_weights
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from client.exchange.state.permuted import Shuffled
from shared.arrays import Array
from shared.contract.moments import SHUFFLE_MOMENTS
from shared.contract.schedule import made
from shared.federation.messages import Question
from shared.privacy.disclosure_rules import (
    require_enough_for_coefficients,
    require_enough_in_ranges,
    require_fewer_slopes,
    require_fewer_weightings,
)
from shared.privacy.effective_sample_size import require_effective_number
from shared.privacy.permutation_rules import require_fewer_ranges_of_shuffles, require_fewer_shuffles
from shared.step import Step


def moments(run: Run, question: Question) -> PlaintextAnswer:
    """Sums of the features by shuffled class, and of their products with a shuffled outcome."""
    del question
    policy, patients = run.approved.approval.policy, run.told(Step.DESCRIBE)["class_totals"].sum()
    require_fewer_shuffles(policy, run.study, float(patients))
    sums = run.part(Shuffled).moments(run.facts.lacking)
    return PlaintextAnswer({quantity.name: sums[quantity.name] for quantity in SHUFFLE_MOMENTS.quantities})


def gram(run: Run, question: Question) -> PlaintextAnswer:
    """Products of the features that a shuffle ranks first, or of those whom it puts into a class."""
    del question
    shuffled, policy = run.part(Shuffled), run.approved.approval.policy
    learned = shuffled.learned
    patients, width = learned.class_totals.sum(axis=1), (learned.shortlist >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, 1 + width)
    apart = len(learned.fits) * (learned.classes if learned.learner.by_class else 1)
    weightings = _before(run) + apart
    require_fewer_weightings(policy, run.study, float(patients.max()), weightings, 1 + int(width.max()))
    if learned.learner.by_class:
        require_enough_for_coefficients(policy, run.study, learned.class_totals.min(axis=1), 1 + width)
    return PlaintextAnswer(shuffled.products())


def train(run: Run, question: Question) -> PlaintextAnswer:
    """Losses and gradients of every model that is still open; curvature where a model's training needs it."""
    shuffled, policy = run.part(Shuffled), run.approved.approval.policy
    learned, exchanges = shuffled.learned, made(question.after, Step.SHUFFLE_TRAIN)
    trainer = learned.trainer(exchanges)
    patients = learned.class_totals.sum(axis=1)
    width = 1 + (learned.selected >= 0).sum(axis=1)
    require_enough_for_coefficients(policy, run.study, patients, width)
    features = len(set(learned.selected[learned.selected >= 0].tolist()))
    numbers = (exchanges + 1) * float(width.sum())
    require_fewer_slopes(policy, run.study, float(patients.max()), features, numbers)
    if trainer.sizes["curvatures"]:
        weightings = _before(run) + (exchanges + 2) * len(learned.fits)
        require_fewer_weightings(policy, run.study, float(patients.max()), weightings, int(width.max()))

    def guard(weights: Array, task: int) -> None:
        require_effective_number(weights, policy.minimum_patients, learned.fits[learned.tasks[task].fit].name)

    return PlaintextAnswer(trainer.sums(shuffled.context(guard)))


def grow(run: Run, question: Question) -> PlaintextAnswer:
    """Histograms of the training patients in every node of every shuffle's trees."""
    shuffled, policy = run.part(Shuffled), run.approved.approval.policy
    patients = float(shuffled.learned.class_totals.sum(axis=1).min())
    require_enough_in_ranges(policy, run.study, patients)
    require_fewer_ranges_of_shuffles(policy, run.study, patients)
    return _by_itself(run, question)


def average(run: Run, question: Question) -> PlaintextAnswer:
    """How far training here moves the weights of every shuffle's network."""
    learned, rounds = run.part(Shuffled).learned, made(question.after, Step.SHUFFLE_AVERAGE)
    before = run.made(Step.AVERAGE) * numbers_of_a_round(run.part(Learning).learned)
    require_enough_for_weights(run, learned, before + (rounds + 1) * numbers_of_a_round(learned))
    return _by_itself(run, question)


def ensemble(run: Run, question: Question) -> PlaintextAnswer:
    """Trees of every shuffle, in the site's place of the sum."""
    return _by_itself(run, question)


def _by_itself(run: Run, question: Question) -> PlaintextAnswer:
    """What training asks for where no curvature leaves."""
    shuffled = run.part(Shuffled)
    trainer = shuffled.learned.trainer(made(question.after, shuffled.learned.learner.step.shuffled))
    return PlaintextAnswer(trainer.sums(shuffled.context()))


def tune(run: Run, question: Question) -> PlaintextAnswer:
    """Losses of every penalty."""
    return PlaintextAnswer(run.part(Shuffled).losses(made(question.after, Step.SHUFFLE_TRAIN)))


def evaluate(run: Run, question: Question) -> PlaintextAnswer:
    """What the models of every shuffle are worth on the patients of the fold that they left out."""
    del question
    shuffled = run.part(Shuffled)
    return PlaintextAnswer(shuffled.judged(run.made(shuffled.learned.learner.step.shuffled)))


def _before(run: Run) -> int:
    """Hessians of the same patients' rows that training gave, the products among them."""
    return (run.made(Step.TRAIN) + 1) * len(run.fits)
