"""A site's part in one round of a network: evaluate the incoming model, train it, weight the change."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from client.networks import accounting, loop, private
from client.networks.examples import Examples
from client.networks.loop import Round
from client.networks.strategy_state import Fits, StrategyState
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.folds import generator
from shared.metrics.auc import concordance
from shared.networks.parts import parts_of
from shared.networks.registry import build
from shared.networks.scale import Scale
from shared.sections.network import Averaging, Network
from shared.sections.network import Ditto as DittoSettings
from shared.strategies.registry import strategy
from shared.strategies.state import State
from shared.strategies.strategy import Correction, Strategy, Vector, Work

log = logging.getLogger(__name__)

OnStep = Callable[[str, int, int], None]
"""Called with the fit, how many steps are done, and of how many."""


@dataclass(frozen=True)
class TrainingWeights:
    """The weight of this site in each fit.

    Parameters
    ----------
    share : (fits,) its weight; over all sites they add up to one
    """

    share: NDArray[np.float64]

    @classmethod
    def by(cls, settings: Averaging, own: Array, patients: Array, sites: Array) -> "TrainingWeights":
        """By patients or equal; one for each site where updates are compared, since a site could lie about its size.

        Parameters
        ----------
        settings : the study's strategy
        own : (fits,) training patients of this site
        patients, sites : (fits,) of all sites together, and how many sites have any
        """
        if not settings.masked:
            return cls((own > 0).astype(float))
        if settings.weights == "equal":
            return cls((own > 0) / np.maximum(sites, 1))
        return cls(own / np.maximum(patients, 1))


class LocalRounds:
    """One site's training of a network.

    Parameters
    ----------
    site : its name
    network : the study's section
    examples : its patients as each fit sees them; classes are the same in all
    fits : names of the fits
    trains : (fits, patients) who trains each; validation patients are taken from these
    kept : the state of the strategy at this site
    variables, channels : mean and deviation of what is joined to the images, and of their channels, in each fit; None
        where they enter as they are
    """

    def __init__(
        self,
        site: str,
        network: Network,
        examples: Sequence[Examples],
        fits: tuple[str, ...],
        trains: NDArray[np.bool_],
        kept: StrategyState,
        variables: Scale | None = None,
        channels: Scale | None = None,
    ) -> None:
        self.site = site
        self.network = network
        self.examples = examples
        self.fits = fits
        self.model = build(network)
        self.strategy: Strategy[Any] = strategy(network.strategy, parts_of(self.model))
        self.kept = kept
        self.variables, self.channels = variables, channels
        self.positive = examples[0].positive.numpy() > 0
        self.judges = np.stack([self._held_back(name, rows) for name, rows in zip(fits, trains, strict=True)])
        self.trains = trains & ~self.judges

    def _held_back(self, fit: str, trains: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(patients,) validation patients of a fit: a share of each class."""
        held = np.zeros(len(trains), dtype=bool)
        random = generator(self.network.training.seed, "validation", self.site, fit)
        for value in (False, True):
            rows = random.permutation(np.flatnonzero(trains & (self.positive == value)))
            held[rows[: round(self.network.training.validation * len(rows))]] = True
        return held

    @property
    def patients(self) -> NDArray[np.int64]:
        """(fits,) how many of this site's train each fit."""
        return np.asarray(self.trains.sum(axis=1))

    def answer(
        self, state: State, training_weights: TrainingWeights, on_step: OnStep = lambda *_: None
    ) -> dict[str, Array]:
        """The site's answer in a round; its own state is on disk when this returns.

        Parameters
        ----------
        state : of the training, equal at all sites
        training_weights : the weight of this site

        Returns
        -------
        the strategy's vectors (fits, travelling) and counts (fits,), weighted; `loss`, `judged` (fits,) and, with
        validation patients, `concordant`, `pairs` (fits,) of the model that came in

        Raises
        ------
        MrfedError (`NOT_CONVERGED`) where a weight changed by more than the study allows; as `loop.train` does.
        """
        self._require_budget(state.turn + 1)
        before = self._kept(state.turn)
        own = self.strategy
        travelling = int(own.travels.sum())
        sums: dict[str, Array] = {name: np.zeros((len(self.fits), travelling), np.float32) for name in own.sends}
        sums |= {name: np.zeros(len(self.fits)) for name in own.counts}
        sums |= self.judge(state)
        after: dict[int, dict[str, Vector]] = {}
        stopped, rates = state.stopped(self.network.training), state.rate(self.network.training)
        for index, fit in enumerate(self.fits):
            kept = before.get(index, {})
            share = float(training_weights.share[index])
            if stopped[index] or not self.trains[index].any():
                after[index] = dict(kept)
                continue
            slots = {name: of_fits[index] for name, of_fits in state.slots.items()}
            start = own.start(state.weights[index], kept)
            task = self._task(state, fit, start, float(rates[index]))
            task = replace(task, correction=own.correction(slots, kept))
            rows = self.of(index, self.trains[index])
            work = self._train(rows, task, partial(on_step, fit))
            sent = own.send(work, slots, kept)
            for name, vector in sent.vectors.items():
                self._require_bounded(vector, task.where)
                sums[name][index] = (share * vector.astype(np.float64)).astype(np.float32)
            for name, value in sent.scalars.items():
                sums[name][index] = share * value
            after[index] = dict(sent.kept)
            if isinstance(self.network.strategy, DittoSettings):
                after[index]["personal"] = self._personal(state, index, kept.get("personal"), task, rows)
        if own.keeps:
            self.kept.keep(state.turn + 1, after)
        return sums

    def of(self, index: int, rows: NDArray[np.bool_]) -> Examples:
        """Some patients as one fit sees them: each fit has its own scale, computed without left-out patients."""
        chosen = self.examples[index][rows]
        if self.channels is not None:
            chosen = chosen.with_channels_scaled(self.channels.mean[index], self.channels.deviation[index])
        if self.variables is not None:
            chosen = chosen.scaled(self.variables.mean[index], self.variables.deviation[index])
        return chosen

    def _kept(self, turns: int) -> Fits:
        return self.kept.after(turns) if self.strategy.keeps else {}

    def _train(self, rows: Examples, task: Round, on_step: Callable[[int, int], None]) -> Work:
        training, privacy = self.network.training, self.network.differential_privacy
        if privacy is None:
            return loop.train(self.model, rows, training, task, on_step)
        return private.train(self.model, rows, training, privacy, task, on_step)

    def _require_budget(self, turns: int) -> None:
        privacy = self.network.differential_privacy
        if privacy is not None:
            where = f"site {self.site}"
            counts = [int(count) for count in self.patients]
            epsilon = accounting.require_budget(counts, turns, self.network.training, privacy, where)
            log.info("%s: epsilon is %.2f of %g after round %d", where, epsilon, privacy.epsilon, turns)

    def _task(self, state: State, fit: str, start: Vector, rate: float) -> Round:
        seed, site, turn = self.network.training.seed, self.site, state.turn
        return Round(
            start=start,
            rate=rate,
            where=f"site {site}: {fit}, round {turn + 1}",
            random=lambda: generator(seed, "round", site, fit, str(turn)),
        )

    def _personal(self, state: State, index: int, own: Vector | None, task: Round, rows: Examples) -> Vector:
        """Ditto's other model: a round from its own weights, held to the global ones."""
        assert isinstance(self.network.strategy, DittoSettings)
        task = replace(
            task,
            start=state.weights[index] if own is None else own,
            anchor=state.weights[index],
            correction=Correction(pull=self.network.strategy.attachment),
        )
        return loop.train(self.model, rows, self.network.training, task).end

    def _require_bounded(self, vector: Vector, where: str) -> None:
        largest = float(np.abs(vector).max(initial=0))
        if not largest <= self.network.strategy.largest_change:
            raise MrfedError(
                Code.NOT_CONVERGED,
                f"{where}: a weight changed by {largest:g}, and strategy.largest_change is "
                f"{self.network.strategy.largest_change:g}; lower training.learning_rate, or allow more",
            )

    def judge(self, state: State) -> dict[str, Array]:
        """Loss and AUC of the incoming model on the validation patients, else on the training patients."""
        if self.network.differential_privacy is not None:  # nothing but blurred updates leaves a round
            return {name: np.zeros(len(self.fits)) for name in ("loss", "judged")}
        held = bool(self.network.training.validation)
        count = len(self.fits)
        sums = {name: np.zeros(count) for name in ("loss", "judged", *(("concordant", "pairs") if held else ()))}
        kept = self._kept(state.turn)
        for index in range(count):
            rows = self.judges[index] if held else self.trains[index]
            if not rows.any():
                continue
            weights = self.strategy.start(state.weights[index], kept.get(index, {}))
            logit = loop.logits(self.model, self.of(index, rows), weights)
            positive = self.positive[rows]
            sums["loss"][index] = np.logaddexp(0, np.where(positive, -logit, logit)).sum()
            sums["judged"][index] = rows.sum()
            if held:
                pairs = concordance(logit, positive)
                sums["concordant"][index], sums["pairs"][index] = pairs.u, pairs.pairs
        return sums

    def scores(self, state: State, index: int, rows: NDArray[np.bool_], *, seen: bool = True) -> NDArray[np.float64]:
        """(rows,) logit of some patients by one fit's final model.

        Parameters
        ----------
        index : which fit
        rows : (patients,) whom to score
        seen : whether this site trained the fit: then its state is used, a personal model included
        """
        kept = self._kept(state.turn).get(index, {}) if seen else {}
        personal = kept.get("personal")
        weights = self.strategy.start(state.final()[index], kept) if personal is None else personal
        return loop.logits(self.model, self.of(index, rows), weights)
