"""Federated training of a network in one process: the rounds of a study without its exchanges.

For comparisons that train hundreds of networks. A study's own rounds come to the same weights, bit for bit: the
changes pass through the same whole numbers, only not under masks (`tests/simulations/test_rounds.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from client.networks.examples import Examples
from client.networks.local_round import LocalRounds, TrainingWeights
from client.networks.strategy_state import StrategyState
from shared.arrays import Array
from shared.contract import fixed_point
from shared.contract.fixed_point import Changes
from shared.networks import weights as packed
from shared.sections.network import Network
from shared.strategies.robust import Robust
from shared.strategies.state import State, advance
from shared.strategies.strategy import Vector


@dataclass(frozen=True)
class Trained:
    """Outcome of rounds in one process.

    Parameters
    ----------
    sites : each site's part, by name
    state : of all
    curve : (rounds, fits) mean loss of the model that each round began with
    """

    sites: Mapping[str, LocalRounds]
    state: State
    curve: NDArray[np.float64]


Poison = Callable[[dict[str, Array]], dict[str, Array]]
"""What a dishonest site makes of its answer."""


def train(
    network: Network,
    examples: Mapping[str, Examples],
    fits: tuple[str, ...],
    trains: Mapping[str, NDArray[np.bool_]],
    start: Vector | None = None,
    poison: Mapping[str, Poison] | None = None,
) -> Trained:
    """Train every fit over all rounds.

    Parameters
    ----------
    network : the study's section
    examples : patients of each site
    fits : names
    trains : of each site (fits, patients) who trains which fit
    start : (weights,); drawn from the study's seed where None
    poison : what some sites make of their answers
    """
    sites = {
        name: LocalRounds(name, network, [own] * len(fits), fits, trains[name], StrategyState(None))
        for name, own in examples.items()
    }
    model, strategy = next((turns.model, turns.strategy) for turns in sites.values())
    begin = packed.draw(model, network.training.seed) if start is None else start
    state = State.begin(begin, len(fits), strategy, network.training)
    patients = np.stack([turns.patients for turns in sites.values()])
    weighings = {
        name: TrainingWeights.by(network.strategy, turns.patients, patients.sum(axis=0), (patients > 0).sum(axis=0))
        for name, turns in sites.items()
    }
    curve = []
    while not state.done(network.training):
        answers = {name: turns.answer(state, weighings[name]) for name, turns in sites.items()}
        for name, change in (poison or {}).items():
            answers[name] = change(answers[name])
        if isinstance(strategy, Robust):
            totals = _robust(strategy, answers, weighings)
        else:
            totals = _added(network, answers, weighings, strategy.sends)
        curve.append(totals["loss"] / np.maximum(totals["judged"], 1))
        state = advance(state, totals, strategy, network.training)
    return Trained(sites, state, np.stack(curve))


def _added(
    network: Network,
    answers: Mapping[str, Mapping[str, Array]],
    weighings: Mapping[str, TrainingWeights],
    vectors: tuple[str, ...],
) -> dict[str, Array]:
    totals: dict[str, Array] = {}
    for name in next(iter(answers.values())):
        if name not in vectors:
            totals[name] = np.sum([answer[name] for answer in answers.values()], axis=0)
            continue
        rings = [
            Changes(network.strategy.largest_change, weighings[site].share, network.strategy.bits) for site in answers
        ]
        coded = [ring.encode(answer[name], len(answers)) for ring, answer in zip(rings, answers.values(), strict=True)]
        for sum_of_site in coded[1:]:
            fixed_point.add(coded[0], sum_of_site)
        totals[name] = rings[0].decode(coded[0])
    return totals


def _robust(
    strategy: Robust, answers: Mapping[str, Mapping[str, Array]], weighings: Mapping[str, TrainingWeights]
) -> dict[str, Array]:
    totals = {
        name: np.sum([answer[name] for answer in answers.values()], axis=0)
        for name in next(iter(answers.values()))
        if name != "update"
    }
    updates = []
    for fit in range(len(totals["loss"])):
        there = [answers[name]["update"][fit] for name in answers if weighings[name].share[fit] > 0]
        updates.append(strategy.aggregate(np.stack(there))[0])
    return {**totals, "update": np.stack(updates)}
