"""Histogram boosting as a model of a study: trees of all tasks, level by level in the same exchanges (`boosting`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from shared.arrays import Array
from shared.models import boosting
from shared.models.boosting import Boosting, Growth
from shared.models.learner import Known, Learner
from shared.models.trainer import SiteContext, Trainer
from shared.models.trees import Ensemble, normal_bins
from shared.sections.learning import Training
from shared.sections.model import BoostingSettings
from shared.sections.question import EndpointKind
from shared.step import Step


class HistogramBoosting(Learner[BoostingSettings]):
    """The trees of the pooled table in the same bins. Coefficients: `Ensemble.vector`, of log-odds."""

    kinds = frozenset({EndpointKind.BINARY})
    words = "{trees} boosted trees of depth {depth}, grown from histograms of {bins} ranges"
    linear = False
    step = Step.GROW
    discloses = "ranges in which single patients' features lie can be concluded, of no named site"

    def exchanges(self, section: BoostingSettings, training: Training) -> int:
        """One for each level of each tree."""
        del training
        return section.trees * section.depth

    def begin(self, section: BoostingSettings, known: Known) -> "Boosted":
        """See `Learner.begin`."""
        growth = Growth(section.trees, section.depth, section.learning_rate, section.l2, section.least_patients)
        begun = [_begun(growth, totals, there) for totals, there in zip(known.class_totals, known.there, strict=True)]
        return Boosted(tuple(begun), known.there.shape[1], section.bins)

    def trees(self, coefficients: Array) -> Ensemble:
        """See `Learner.trees`."""
        return Ensemble.of_vector(coefficients)

    def size(self, section: BoostingSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del selected, classes, places
        return Ensemble.size(section.trees, section.depth, 1)

    def reads(self, section: BoostingSettings, coefficients: Array, selected: int, classes: int) -> bool:
        """See `Learner.reads`."""
        del classes
        return Ensemble.reads(coefficients, (section.bins, section.depth, 1), selected)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        del classes
        eta = Ensemble.of_vector(coefficients).total(design[:, 1:])[:, 0]
        return np.stack([scipy.special.expit(-eta), scipy.special.expit(eta)], axis=1)


@dataclass(frozen=True)
class Boosted(Trainer):
    """Where the growing of all tasks stands.

    Attributes
    ----------
    tasks : each one's; None where a class has no training patient
    selected : columns of a design without the ones
    bins : of each
    """

    tasks: tuple[Boosting | None, ...]
    selected: int
    bins: int

    @property
    def _open(self) -> list[tuple[int, Boosting]]:
        return [(task, state) for task, state in enumerate(self.tasks) if state is not None and not state.finished]

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return not self._open

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        grown = sum(len(state.nodes) for _, state in self._open)
        return {"grown": grown, "selected": self.selected, "ranges": self.bins}

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""
        parts = []
        for task, state in self._open:
            design, y = context.rows(task)
            parts.append(boosting.sums(state, normal_bins(design[:, 1:], self.bins), y, self.bins))
        return {f"{name}s": np.concatenate([part[name] for part in parts]) for name in ("gradient", "hessian", "count")}

    def advance(self, totals: Mapping[str, Array]) -> "Boosted":
        """See `Trainer.advance`."""
        tasks, start = list(self.tasks), 0
        for task, state in self._open:
            rows = slice(start, start + len(state.nodes))
            own_totals = {name: totals[f"{name}s"][rows] for name in ("gradient", "hessian", "count")}
            tasks[task], start = boosting.advance(state, own_totals), rows.stop
        return replace(self, tasks=tuple(tasks))

    @cached_property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        grown = [state for state in self.tasks if state is not None]
        room, depth = (grown[0].growth.trees, grown[0].growth.depth) if grown else (0, 0)
        nodes = 2 ** (depth + 1) - 1
        empty = Ensemble.of_trees(self.bins, 0.0, (), room, nodes).vector
        vectors = [
            empty if state is None else Ensemble.of_trees(self.bins, state.base, state.trees, room, nodes).vector
            for state in self.tasks
        ]
        return np.stack(vectors)[:, None, :]

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return np.array([state is not None for state in self.tasks])

    @property
    def worst(self) -> float:
        """What the last tree of any task added at most to a log-odds."""
        last = [np.abs(state.trees[-1].value).max() for state in self.tasks if state is not None and state.trees]
        return float(max(last, default=0.0))


def _begun(growth: Growth, class_totals: Array, there: Array) -> Boosting | None:
    """A task before its first tree; finished where it has no feature to split by."""
    if (class_totals == 0).any():
        return None
    begun = Boosting.start(growth, class_totals)
    return begun if there.any() else replace(begun, growing=None)
