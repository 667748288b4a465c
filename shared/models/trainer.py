"""How the tasks of a study are trained: whole paths of one penalised logistic model, or one penalty of any family.

Both ask for the same three quantities in every exchange: the loss and gradient of each problem that is still open, and
curvature where they need it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from shared.arrays import Array
from shared.models import elastic_net, proximal
from shared.models.elastic_net import Path
from shared.models.family import Family
from shared.models.proximal import Search

Rows = Callable[[int], tuple[Array, Array]]
"""Of a task: (patients, p) the design of a site's training patients, and (patients,) their outcome."""
Guard = Callable[[Array, int], None]
"""Told the weights with which patients enter a curvature, and the task; raises where it would be about too few."""


class Trainer(ABC):
    """Where the training of all tasks stands; every exchange gives a new one."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether nothing is left to ask."""

    @property
    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Lengths of the axes `open`, `selected` and `curvatures` of the next exchange."""

    @abstractmethod
    def sums(self, rows: Rows, guard: Guard) -> dict[str, Array]:
        """One site's answer to the next exchange: loss, gradient, curvature."""

    @abstractmethod
    def advance(self, totals: Mapping[str, Array]) -> "Trainer":
        """Where it stands after the sums of all sites."""

    @property
    @abstractmethod
    def coefficients(self) -> Array:
        """(tasks, penalties, p) of the models."""

    @property
    @abstractmethod
    def usable(self) -> Array:
        """(tasks,) whether the training patients settled a model."""

    @abstractmethod
    def losses(self, design: Array, y: Array, task: int) -> Array:
        """(penalties,) sum of a task's loss over some patients, without penalty."""

    @property
    @abstractmethod
    def worst(self) -> float:
        """How far the worst task is from its optimum: its breach of the conditions, or its last change."""


@dataclass(frozen=True)
class Paths(Trainer):
    """Logistic regression with paths of penalties."""

    path: Path
    settled: Array

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return self.path.done

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        return {**self.path.sizes, "selected": self.path.accepted.shape[2]}

    def sums(self, rows: Rows, guard: Guard) -> dict[str, Array]:
        """See `Trainer.sums`."""
        trial, still = self.path.trial, self.path.open
        parts, curved = [], [np.zeros(0)]
        for task in np.flatnonzero(still.any(axis=1)).tolist():
            design, y = rows(task)
            parts.append(elastic_net.slopes(design, y, trial[task, still[task]]))
            asked = self.path.asked.get(task)
            for knot in asked.knots if asked is not None else ():
                risk = expit(design @ trial[task, knot])
                guard(risk * (1 - risk), task)
                assert asked is not None
                curved.append(elastic_net.hessian(design, trial[task, knot], asked.columns))
        return {
            "loss": np.concatenate([np.zeros(0), *(part["loss"] for part in parts)]),
            "gradient": np.concatenate([np.zeros((0, trial.shape[2])), *(part["gradient"] for part in parts)]),
            "curvature": np.concatenate(curved),
        }

    def advance(self, totals: Mapping[str, Array]) -> "Paths":
        """See `Trainer.advance`."""
        return Paths(elastic_net.advance(self.path, totals), self.settled)

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        return self.path.solution

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.settled

    def losses(self, design: Array, y: Array, task: int) -> Array:
        """See `Trainer.losses`."""
        return elastic_net.slopes(design, y, self.coefficients[task])["loss"]

    @property
    def worst(self) -> float:
        """See `Trainer.worst`."""
        return float(self.path.violation.max(initial=0.0))


@dataclass(frozen=True)
class Newton(Trainer):
    """Any family with one penalty for each task."""

    search: Search
    tolerance: float

    @classmethod
    def start(
        cls, family: Family, class_totals: Array, c: float, l1_ratio: float, p: int, tolerance: float
    ) -> "Newton":
        """Begin at the models without features.

        Parameters
        ----------
        family : the model
        class_totals : (tasks, classes) training patients
        c, l1_ratio : penalty
        p : columns of a design
        tolerance : largest change that still counts as none
        """
        strength = np.full(len(class_totals), 1 / c)
        search = Search.start(family, class_totals, l1_ratio * strength, (1 - l1_ratio) * strength, p)
        return cls(search, tolerance)

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return self.search.converged(self.tolerance)

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        tasks, p = self.search.accepted.shape
        return {"open": tasks, "selected": p, "curvatures": tasks * p * (p + 1) // 2}

    def sums(self, rows: Rows, guard: Guard) -> dict[str, Array]:
        """See `Trainer.sums`."""
        family, classes, parts = self.search.family, self.search.classes, []
        for task, at in enumerate(self.search.trial):
            design, y = rows(task)
            risks = family.predict(design, at, classes)
            guard((risks * (1 - risks)).max(axis=1) if classes > 1 else np.ones(len(y)), task)
            parts.append(family.sums(design, y, at, classes))
        return {
            "loss": np.array([part["loss"] for part in parts]),
            "gradient": np.stack([part["gradient"] for part in parts]),
            "curvature": np.concatenate([part["hessian"] for part in parts]),
        }

    def advance(self, totals: Mapping[str, Array]) -> "Newton":
        """See `Trainer.advance`."""
        packed = totals["curvature"].reshape(len(self.search.accepted), -1)
        told = {"loss": totals["loss"], "gradient": totals["gradient"], "hessian": packed}
        return Newton(proximal.advance(self.search, told), self.tolerance)

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        return self.search.trial[:, None, :]

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.search.usable

    def losses(self, design: Array, y: Array, task: int) -> Array:
        """See `Trainer.losses`."""
        at, family = self.search.trial[task], self.search.family
        return np.array([family.sums(design, y, at, self.search.classes)["loss"]])

    @property
    def worst(self) -> float:
        """See `Trainer.worst`."""
        return float(self.search.change.max(initial=0.0))
