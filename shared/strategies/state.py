"""State of the training of a network, for all fits at once: equal at every site and at the coordinator."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.sections.network import LocalTraining
from shared.strategies.strategy import Strategy, Vector


@dataclass(frozen=True)
class State:
    """Global weights, what the strategy carries beside them, and how the models were judged so far.

    Parameters
    ----------
    turn : rounds done
    weights : (fits, weights)
    slots : the strategy's, each (fits, weights)
    best : (fits, weights) those judged best so far; empty where nothing is held back to judge by
    metric : (fits,) their site-stratified AUC; below 0 before the first
    waited : (fits,) rounds since then
    halvings : (fits,) how often the rate was halved
    """

    turn: int
    weights: Vector
    slots: Mapping[str, Vector] = field(default_factory=dict)
    best: Vector = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    metric: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    waited: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    halvings: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def begin(cls, start: Vector, fits: int, strategy: Strategy[Any], training: LocalTraining) -> "State":
        """All fits begin with the same weights.

        Parameters
        ----------
        start : (weights,)
        """
        weights = np.repeat(start[np.newaxis], fits, axis=0)
        return cls(
            turn=0,
            weights=weights,
            slots={name: np.zeros_like(weights) for name in strategy.slots},
            best=weights if training.validation else np.zeros((0, 0), np.float32),
            metric=np.full(fits, -1.0),
            waited=np.zeros(fits, np.int64),
            halvings=np.zeros(fits, np.int64),
        )

    def stopped(self, training: LocalTraining) -> NDArray[np.bool_]:
        """(fits,) whether training has stopped: no improvement for `stop_after` rounds."""
        if training.stop_after is None:
            return np.zeros(len(self.weights), dtype=bool)
        return np.asarray(self.waited >= training.stop_after)

    def done(self, training: LocalTraining) -> bool:
        """Whether the last round is over."""
        return self.turn >= training.rounds or bool(self.stopped(training).all())

    def rate(self, training: LocalTraining) -> NDArray[np.float64]:
        """(fits,) learning rate of the next round."""
        factor = np.ones(len(self.weights))
        if training.schedule == "cosine":
            factor *= (1 + cos(pi * self.turn / training.rounds)) / 2
        elif training.schedule == "plateau":
            factor *= 0.5**self.halvings
        return training.learning_rate * factor

    def final(self) -> Vector:
        """(fits, weights) to predict with: the best where patients were held back to judge by, else the last."""
        return self.best if self.best.size else self.weights

    def to_arrays(self) -> dict[str, Array]:
        """The form in which it is stored."""
        own = {name: getattr(self, name) for name in ("weights", "best", "metric", "waited", "halvings")}
        return {"turn": np.array(self.turn), **own, **{f"slots/{name}": vector for name, vector in self.slots.items()}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "State":
        """Undo `to_arrays`."""
        slots = {name.removeprefix("slots/"): vector for name, vector in arrays.items() if name.startswith("slots/")}
        own = {name: arrays[name] for name in ("weights", "best", "metric", "waited", "halvings")}
        return cls(turn=int(arrays["turn"]), slots=slots, **own)


def of_round(totals: Mapping[str, Array]) -> dict[str, Array]:
    """Totals of an exchange as strategies take them: without the axis that says whether there is a control variate."""
    return {name: total for name, total in totals.items() if name != "control"} | dict(
        zip(("control",), totals["control"], strict=False)
    )


def advance(state: State, totals: Mapping[str, Array], strategy: Strategy[Any], training: LocalTraining) -> State:
    """The state after a round.

    Parameters
    ----------
    state : before it
    totals : sums over sites: what the strategy sends and counts; with validation patients `concordant` (fits,) and
        `pairs` (fits,) of the model that the round began with

    Raises
    ------
    MrfedError (`NOT_CONVERGED`) where the weights are not finite any more.
    """
    stopped = state.stopped(training)
    weights, slots = strategy.advance(state.turn, state.weights, totals, state.slots)
    if not np.isfinite(weights).all():
        raise MrfedError(
            Code.NOT_CONVERGED,
            f"round {state.turn + 1}: the global weights are not finite; lower training.learning_rate or the "
            "strategy's server_rate",
        )
    judged = _judged(state, totals, training) if training.validation else state
    return replace(judged, turn=state.turn + 1, weights=np.where(stopped[:, None], state.weights, weights), slots=slots)


def _judged(state: State, totals: Mapping[str, Array], training: LocalTraining) -> State:
    pairs = np.rint(totals["pairs"])
    metric = np.where(pairs > 0, totals["concordant"] / np.maximum(pairs, 1), 0.5)
    # a model that has stopped stays as it is; half a pair is the least that counts as better
    better = (metric > state.metric + 0.25 / np.maximum(pairs, 1)) & ~state.stopped(training)
    waited = np.where(better, 0, state.waited + 1)
    halved = (waited > 0) & (waited % training.patience == 0) & (training.schedule == "plateau")
    return replace(
        state,
        best=np.where(better[:, None], state.weights, state.best),
        metric=np.where(better, metric, state.metric),
        waited=waited,
        halvings=state.halvings + halved,
    )
