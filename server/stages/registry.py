"""Which stage asks which exchange; a new exchange is its declaration, an answer and a line here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from server.federation import Federation
from server.stages import (
    cluster,
    conclude,
    describe,
    evaluate,
    harmonize,
    inventory,
    moments,
    noisy,
    normalize,
    permutation,
    probe,
    residuals,
    stability,
    survey,
    train,
    transform,
)
from server.state import State
from shared.step import Step

Stage = Callable[[Federation, State], object]
"""Asks one exchange, or as many of it as it takes; what it returns is kept in the state under its step."""


def _ask(step: Step) -> Stage:
    """A stage from which nothing follows at once."""
    return lambda federation, _: federation.ask(step)


def _train(federation: Federation, state: State) -> None:
    train.train(federation, state.learned)


def _train_permuted(step: Step) -> Stage:
    return lambda federation, _: train.train_until_done(federation, federation.facts.permuted.learned, step)


def _begin_network(federation: Federation, state: State) -> object:
    from server.stages.network import NetworkStage  # torch and MONAI, where they are needed

    stage = NetworkStage(federation, state.agreed)
    stage.weigh()
    return stage


STAGES: Mapping[Step, Stage] = MappingProxyType(
    {
        Step.ENROLL: lambda federation, _: federation.enroll(),
        Step.SURVEY: lambda federation, _: survey.survey(federation),
        Step.NOISY_SUMS: _ask(Step.NOISY_SUMS),
        Step.NOISY_SCORES: lambda federation, _: noisy.noisy(federation),
        Step.NORMALIZE: lambda federation, _: normalize.normalize(federation),
        Step.VOXELS: _ask(Step.VOXELS),
        Step.CELLS: _ask(Step.CELLS),
        Step.CLUSTER: lambda federation, _: cluster.cluster(federation),
        Step.INVENTORY: lambda federation, _: inventory.inventory(federation),
        Step.TRAINING_WEIGHTS: _begin_network,
        Step.ROUND: lambda _, state: state.network.train(Step.ROUND),
        Step.OPEN_ROUND: lambda _, state: state.network.train(Step.OPEN_ROUND),
        Step.EXPLAIN: lambda _, state: state.network.explain(),
        Step.DESCRIBE: lambda federation, state: describe.describe(federation, state.agreed),
        Step.STABILITY: lambda federation, _: stability.stability(federation),
        Step.TRANSFORM: lambda federation, state: transform.transform_features(federation, state.described),
        Step.HARMONIZE: harmonize.harmonize,
        Step.COVARIANCE: lambda federation, _: harmonize.covariance(federation),
        Step.MOMENTS: lambda federation, _: moments.moments(federation),
        Step.GRAM: lambda federation, state: train.gram(federation, state.learned),
        Step.TRAIN: _train,
        Step.GROW: _train,
        Step.AVERAGE: _train,
        Step.ENSEMBLE: _train,
        Step.TUNE: _ask(Step.TUNE),
        Step.COMBINE: lambda federation, state: train.combine(federation, state.learned, len(state.agreed.extras)),
        Step.THRESHOLD: lambda federation, _: evaluate.threshold(federation),
        Step.EVALUATE: lambda federation, _: evaluate.evaluate(federation),
        Step.RESIDUALS: lambda federation, _: residuals.residuals(federation),
        Step.SHUFFLE_MOMENTS: _ask(Step.SHUFFLE_MOMENTS),
        Step.SHUFFLE_GRAM: _ask(Step.SHUFFLE_GRAM),
        Step.SHUFFLE_TRAIN: _train_permuted(Step.SHUFFLE_TRAIN),
        Step.SHUFFLE_GROW: _train_permuted(Step.SHUFFLE_GROW),
        Step.SHUFFLE_AVERAGE: _train_permuted(Step.SHUFFLE_AVERAGE),
        Step.SHUFFLE_ENSEMBLE: _train_permuted(Step.SHUFFLE_ENSEMBLE),
        Step.SHUFFLE_TUNE: _ask(Step.SHUFFLE_TUNE),
        Step.SHUFFLE_EVALUATE: lambda federation, _: permutation.chance_of_shuffles(federation),
        Step.PROBE_LABELS: _ask(Step.PROBE_LABELS),
        Step.PROBE_GROW: lambda federation, _: probe.grow(federation),
        Step.PROBE_PREDICT: lambda federation, _: probe.predict(federation),
        Step.FINISH: conclude.finish,
    }
)
