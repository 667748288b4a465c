"""The networks of every fit, as the totals of all sites lead them: what a site trains from in each round."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.special import expit

from client.exchange.run import Run
from client.networks import cohort
from client.networks.examples import Examples
from client.networks.local_round import LocalRounds, TrainingWeights
from client.networks.strategy_state import StrategyState
from shared import arrays as files
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.files import durable_file
from shared.networks import weights as packed
from shared.networks.export import TORCHSCRIPT, torchscript
from shared.networks.scale import Scale
from shared.results.result import Result
from shared.sections.network import Network
from shared.step import Step
from shared.strategies.state import State, advance, of_round
from shared.strategies.strategy import Vector
from shared.study.omissions import omission_of

log = logging.getLogger(__name__)

PRETRAINED = "pretrained"
"""Folder of the workspace that holds files of weights, each under its SHA-256."""


class NetworkTraining:
    """A site's training of a study's network.

    Parameters
    ----------
    run : the site's part in the run
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder: Path = run.folder / "network"
        self._reached: State | None = None
        self._risks: dict[int, Array] = {}

    @property
    def network(self) -> Network:
        """The study's section."""
        assert self._run.study.network is not None
        return self._run.study.network

    @property
    def turn(self) -> Step:
        """Kind of exchange in which sites train."""
        return Step.ROUND if self.network.strategy.masked else Step.OPEN_ROUND

    @cached_property
    def examples(self) -> tuple[Examples, ...]:
        """The site's patients as each fit sees them: on standard histograms without whom the fit leaves out."""
        run = self._run
        if not run.standards:
            return (cohort.load(run.site, run.study, run.table),) * len(run.fits)
        of_omission = tuple(
            cohort.load(run.site, run.study, replace(run.table, x=x), standards)
            for x, standards in zip(run.table.variants, run.standards, strict=True)
        )
        return tuple(of_omission[omission_of(fit, run.omissions)] for fit in run.fits)

    @cached_property
    def _turns(self) -> LocalRounds:
        run = self._run
        trains = np.stack([run.trains(fit) for fit in run.fits])
        names = tuple(fit.name for fit in run.fits)
        return LocalRounds(run.site.name, self.network, self.examples, names, trains, StrategyState(self._folder))

    @cached_property
    def start(self) -> Vector:
        """(weights,) from which all fits begin."""
        drawn = packed.draw(self._turns.model, self.network.training.seed)
        expected = self.network.architecture.pretrained
        if expected is None:
            return drawn
        path = self._run.site.workspace / PRETRAINED / expected
        return packed.pretrained(self._turns.model, drawn, path, expected)

    def sums(self) -> dict[str, Array]:
        """Who trains each fit here: `class_totals` (fits, classes), `sites` (fits,), sums of inputs."""
        trains, y = self._turns.trains.astype(float), self._run.table.y
        classes = np.arange(len(self._run.study.question.endpoint.classes))
        variables = [examples.variables.numpy().astype(np.float64) for examples in self.examples]
        means = {id(examples): examples.channel_means(self._channels) for examples in self.examples}
        return {
            "class_totals": trains @ (y[:, np.newaxis] == classes),
            "sites": trains.any(axis=1).astype(float),
            "variable_sums": _by_fit(trains, variables),
            "variable_squares": _by_fit(trains, [values**2 for values in variables]),
            "channel_sums": _by_fit(trains, [means[id(examples)][0] for examples in self.examples]),
            "channel_squares": _by_fit(trains, [means[id(examples)][1] for examples in self.examples]),
        }

    @property
    def _channels(self) -> int:
        """How many channels have a scale that all sites have in common."""
        seen = self.network.input
        return len(seen.channels) if seen.intensity == "common" else 0

    @cached_property
    def turns(self) -> LocalRounds:
        """The site's rounds, once it is agreed on which scale variables and channels enter."""
        totals = self._run.told(Step.TRAINING_WEIGHTS)
        patients = totals["class_totals"].sum(axis=1)
        self._turns.variables = Scale.of(patients, totals["variable_sums"], totals["variable_squares"])
        if self._channels:
            self._turns.channels = Scale.of(patients, totals["channel_sums"], totals["channel_squares"])
        return self._turns

    @cached_property
    def training_weights(self) -> TrainingWeights:
        """What this site counts for."""
        totals = self._run.told(Step.TRAINING_WEIGHTS)
        patients = totals["class_totals"].sum(axis=1).round()
        return TrainingWeights.by(self.network.strategy, self.turns.patients, patients, totals["sites"].round())

    def state(self, turns: int) -> State:
        """Where all sites stand after so many rounds.

        Kept on the disk after each, so that a site that starts anew reads one file and not every round.
        """
        state = self._reached
        if state is None or state.turn > turns:
            state = self._kept(turns)
        while state.turn < turns:
            round_totals = of_round(self._run.told(f"{self.turn}-{state.turn}"))
            state = advance(state, round_totals, self._turns.strategy, self.network.training)
            files.save(self._path(state.turn), state.to_arrays())
            self._path(state.turn - 2).unlink(missing_ok=True)
        self._reached = state
        return state

    def last(self) -> State:
        """Where all sites stand after the last round of which this site was told."""
        turns = 0
        while (self._run.folder / "told" / f"{self.turn}-{turns}.npz").exists():
            turns += 1
        return self.state(turns)

    def keep_final(self, result_json: str) -> None:
        """Keep the final model, as weights and as TorchScript, once the result is of the weights found here.

        Parameters
        ----------
        result_json : `result.json` of the coordinator

        Raises
        ------
        MrfedError (`REFUSED`) where the result is of other weights.
        """
        weights = self.last().final()[0]
        of_network = Result.model_validate_json(result_json).network
        if of_network is None or of_network.digest != packed.digest(weights):
            raise MrfedError(
                Code.REFUSED,
                f"site {self._run.site.name}: the result is of other weights than the sums lead to; do not use it",
            )
        files.save(self._folder / "network.npz", {"weights": weights})
        durable_file.write(self._folder / TORCHSCRIPT, torchscript(self.network, weights))

    def _kept(self, turns: int) -> State:
        for turn in range(turns, 0, -1):
            try:
                return State.from_arrays(files.load(self._path(turn)))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, BadZipFile) as error:
                log.warning("%s is broken (%s); it is computed anew", self._path(turn).name, type(error).__name__)
        return State.begin(self.start, len(self._run.fits), self._turns.strategy, self.network.training)

    def _path(self, turn: int) -> Path:
        return self._folder / f"state-{turn}.npz"

    def risks(self, index: int) -> Array:
        """(patients, 2) what the network of a fit predicts of each of this site's patients.

        Parameters
        ----------
        index : of the fit; a site that it leaves out keeps no weights of its own for it
        """
        if index not in self._risks:
            everyone = np.ones(len(self._run.table.y), dtype=bool)
            seen = not self._run.fits[index].leaves_out(self._run.site.name)
            risk = expit(self.turns.scores(self.last(), index, everyone, seen=seen).astype(np.float64))
            self._risks[index] = np.column_stack([1 - risk, risk])
        return self._risks[index]

    def progress(self, where: str) -> Callable[[str, int, int], None]:
        """Tell the log how far a round is, a line a fit."""

        def tell(fit: str, done: int, of: int) -> None:
            if done == of:
                log.info("%s: %s: %d steps", where, fit, done)

        return tell


def _by_fit(trains: Array, values: Sequence[Array]) -> Array:
    """(fits, ...) sums over the patients who train each fit, of what it sees of everyone."""
    return np.stack([own @ values_of_fit for own, values_of_fit in zip(trains, values, strict=True)])
