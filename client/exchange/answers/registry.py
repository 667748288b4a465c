"""Which function answers which question; a new exchange is a file and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from client.exchange.answers import (
    average,
    cells,
    cluster,
    combine,
    covariance,
    cross,
    deal,
    describe,
    divide,
    enroll,
    evaluate,
    finish,
    grow,
    guess,
    harmonize,
    inventory,
    moments,
    normalize,
    products,
    residuals,
    scores,
    shuffle,
    stability,
    survey,
    threshold,
    train,
    transform,
    tune,
    unite,
    voxels,
)
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from shared.federation.messages import Question
from shared.step import Step

Answers = Callable[[Run, Question], PlaintextAnswer]


def _of(module: str) -> Answers:
    """The answer of a module that is imported when it is first asked: networks bring torch and MONAI."""

    def answer(run: Run, question: Question) -> PlaintextAnswer:
        found: Answers = import_module(f"client.exchange.answers.{module}").answer
        return found(run, question)

    return answer


ANSWERS: Mapping[Step, Answers] = MappingProxyType(
    {
        Step.ENROLL: enroll.answer,
        Step.SURVEY: survey.answer,
        Step.NORMALIZE: normalize.answer,
        Step.VOXELS: voxels.answer,
        Step.CELLS: cells.answer,
        Step.CLUSTER: cluster.answer,
        Step.INVENTORY: inventory.answer,
        Step.DESCRIBE: describe.answer,
        Step.STABILITY: stability.answer,
        Step.TRANSFORM: transform.answer,
        Step.HARMONIZE: harmonize.answer,
        Step.COVARIANCE: covariance.answer,
        Step.MOMENTS: moments.answer,
        Step.GRAM: cross.answer,
        Step.TRAIN: train.answer,
        Step.GROW: grow.answer,
        Step.AVERAGE: average.answer,
        Step.ENSEMBLE: unite.answer,
        Step.TUNE: tune.answer,
        Step.COMBINE: combine.answer,
        Step.THRESHOLD: threshold.answer,
        Step.TRAINING_WEIGHTS: _of("weigh"),
        Step.ROUND: _of("round"),
        Step.OPEN_ROUND: _of("round"),
        Step.EXPLAIN: _of("explain"),
        Step.EVALUATE: evaluate.answer,
        Step.RESIDUALS: residuals.answer,
        Step.SHUFFLE_MOMENTS: shuffle.moments,
        Step.SHUFFLE_GRAM: shuffle.products,
        Step.SHUFFLE_TRAIN: shuffle.train,
        Step.SHUFFLE_GROW: shuffle.grow,
        Step.SHUFFLE_AVERAGE: shuffle.average,
        Step.SHUFFLE_ENSEMBLE: shuffle.unite,
        Step.SHUFFLE_TUNE: shuffle.tune,
        Step.SHUFFLE_EVALUATE: shuffle.judge,
        Step.PROBE_LABELS: deal.answer,
        Step.PROBE_GROW: divide.answer,
        Step.PROBE_PREDICT: guess.answer,
        Step.NOISY_SUMS: products.answer,
        Step.NOISY_SCORES: scores.answer,
        Step.FINISH: finish.answer,
    }
)
