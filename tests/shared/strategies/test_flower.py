"""Strategies that Flower has too, held against its own classes over several rounds of made-up changes."""

from typing import Any

import numpy as np
import pytest
from flwr.app import Array as FlowerArray
from flwr.app import ArrayRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import strategy as flower

from shared.sections.network import Averaging, FedAdam, FedAvg, FedAvgM, FedYogi
from shared.strategies.registry import strategy
from shared.strategies.strategy import Parts, Vector
from simulations.in_process import InProcessGrid

WEIGHTS, ROUNDS = 40, 5
PATIENTS = (12, 30, 7)


def trained(start: Vector, turn: int) -> list[Vector]:
    """What each site's training comes to."""
    random = np.random.default_rng(turn)
    return [(start + random.normal(0.02 * turn, 0.1, WEIGHTS)).astype(np.float32) for _ in PATIENTS]


def record(weights: Vector) -> ArrayRecord:
    return ArrayRecord({"weights": FlowerArray(weights)})


def reply(weights: Vector, patients: int) -> Message:
    asked = InProcessGrid([]).create_message(RecordDict(), MessageType.TRAIN, 1, "")
    content = {"arrays": record(weights), "metrics": MetricRecord({"num-examples": patients})}
    return Message(RecordDict(content), reply_to=asked)


def of_flower(asked: Any, start: Vector) -> list[Vector]:
    """Weights after each round of Flower's strategy."""
    rounds, weights = [], start
    for turn in range(ROUNDS):
        # what `configure_train` keeps of the round's beginning
        momentum = isinstance(asked, flower.FedAvgM)
        asked.current_arrays = record(weights) if momentum else {"weights": weights}
        replies = [
            reply(weights_of_site, patients)
            for weights_of_site, patients in zip(trained(weights, turn), PATIENTS, strict=True)
        ]
        aggregated, _ = asked.aggregate_train(turn + 1, replies)
        weights = aggregated["weights"].numpy()
        rounds.append(weights)
    return rounds


def of_ours(settings: Averaging, start: Vector) -> list[Vector]:
    own = strategy(settings, Parts(np.ones(WEIGHTS, dtype=bool), np.zeros(WEIGHTS, dtype=bool)))
    slots = {name: np.zeros((1, WEIGHTS), dtype=np.float32) for name in own.slots}
    rounds, weights = [], start[np.newaxis]
    shares = np.array(PATIENTS) / sum(PATIENTS)
    for turn in range(ROUNDS):
        changes = [weights_of_site - weights[0] for weights_of_site in trained(weights[0], turn)]
        update = (shares[:, np.newaxis] * np.stack(changes)).sum(axis=0, keepdims=True).astype(np.float32)
        weights, slots = own.advance(turn, weights, {"update": update}, slots)
        rounds.append(weights[0])
    return rounds


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        (FedAvg(), flower.FedAvg()),
        (
            FedAvgM(name="fedavgm", momentum=0.8, server_rate=0.7),
            flower.FedAvgM(server_momentum=0.8, server_learning_rate=0.7),
        ),
        (
            FedAdam(name="fedadam", server_rate=0.05, beta_1=0.8, beta_2=0.95, tau=1e-2),
            flower.FedAdam(eta=0.05, beta_1=0.8, beta_2=0.95, tau=1e-2),
        ),
        (
            FedYogi(name="fedyogi", server_rate=0.05, beta_1=0.8, beta_2=0.95, tau=1e-2),
            flower.FedYogi(eta=0.05, beta_1=0.8, beta_2=0.95, tau=1e-2),
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_every_round_leads_where_flowers_strategy_leads(settings: Averaging, asked: Any) -> None:
    start = np.random.default_rng(7).normal(size=WEIGHTS).astype(np.float32)
    ours, theirs = of_ours(settings, start), of_flower(asked, start)
    assert np.abs(theirs[-1] - start).max() > 0.05
    for turn, (own, other) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(own, other, rtol=0, atol=2e-6, err_msg=f"round {turn}")
