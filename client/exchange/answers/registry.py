"""Which function answers which question; a new exchange is its declaration, an answer and a line here."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType

from client.exchange.answers import (
    describe,
    enroll,
    evaluate,
    finish,
    habitats,
    harmonize,
    inventory,
    moments,
    noise,
    normalize,
    permutation,
    probe,
    residuals,
    stability,
    survey,
    threshold,
    train,
    transform,
)
from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from shared.federation.messages import Question
from shared.step import Step

Answers = Callable[[Run, Question], PlaintextAnswer]


def _of_network(name: str) -> Answers:
    """An answer of a module that is imported when it is first asked: networks bring torch and MONAI."""

    def answer(run: Run, question: Question) -> PlaintextAnswer:
        answers: Answers = getattr(import_module("client.exchange.answers.network"), name)
        return answers(run, question)

    return answer


ANSWERS: Mapping[Step, Answers] = MappingProxyType(
    {
        Step.ENROLL: enroll.answer,
        Step.SURVEY: survey.answer,
        Step.NORMALIZE: normalize.answer,
        Step.VOXELS: habitats.voxels,
        Step.CELLS: habitats.cells,
        Step.CLUSTER: habitats.cluster,
        Step.INVENTORY: inventory.answer,
        Step.TRAINING_WEIGHTS: _of_network("training_weights"),
        Step.ROUND: _of_network("round_"),
        Step.OPEN_ROUND: _of_network("round_"),
        Step.EXPLAIN: _of_network("explain"),
        Step.DESCRIBE: describe.answer,
        Step.STABILITY: stability.answer,
        Step.TRANSFORM: transform.answer,
        Step.HARMONIZE: harmonize.answer,
        Step.COVARIANCE: harmonize.covariance,
        Step.MOMENTS: moments.answer,
        Step.GRAM: train.gram,
        Step.TRAIN: train.train,
        Step.GROW: train.grow,
        Step.AVERAGE: train.average,
        Step.ENSEMBLE: train.ensemble,
        Step.TUNE: train.tune,
        Step.COMBINE: train.combine,
        Step.THRESHOLD: threshold.answer,
        Step.EVALUATE: evaluate.answer,
        Step.RESIDUALS: residuals.answer,
        Step.SHUFFLE_MOMENTS: permutation.moments,
        Step.SHUFFLE_GRAM: permutation.gram,
        Step.SHUFFLE_TRAIN: permutation.train,
        Step.SHUFFLE_GROW: permutation.grow,
        Step.SHUFFLE_AVERAGE: permutation.average,
        Step.SHUFFLE_ENSEMBLE: permutation.ensemble,
        Step.SHUFFLE_TUNE: permutation.tune,
        Step.SHUFFLE_EVALUATE: permutation.evaluate,
        Step.PROBE_LABELS: probe.labels,
        Step.PROBE_GROW: probe.grow,
        Step.PROBE_PREDICT: probe.predict,
        Step.NOISY_SUMS: noise.sums,
        Step.NOISY_SCORES: noise.scores,
        Step.FINISH: finish.answer,
    }
)
