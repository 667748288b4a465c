"""How the tasks of a study are trained, whatever the model: exchange by exchange, from sums."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from shared.arrays import Array

Rows = Callable[[int], tuple[Array, Array]]
"""Of a task: (patients, p) the design of a site's training patients, and (patients,) their outcome."""
Guard = Callable[[Array, int], None]
"""Told the weights with which patients enter a curvature, and the task; raises where it would be about too few."""


@dataclass(frozen=True)
class SiteContext:
    """A site that is asked for its part.

    Attributes
    ----------
    rows : its training patients of a task
    guard : what it refuses
    place : where it stands on the roster
    random : (task) chance of its own, the same whenever it is asked
    """

    rows: Rows
    guard: Guard
    place: int
    random: Callable[[int], np.random.Generator]


class Trainer(ABC):
    """Where the training of all tasks stands; every exchange gives a new one."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether nothing is left to ask."""

    @property
    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Lengths of the axes of the next exchange that the study does not settle."""

    @abstractmethod
    def sums(self, context: SiteContext) -> dict[str, Array]:
        """One site's answer to the next exchange."""

    @abstractmethod
    def advance(self, totals: Mapping[str, Array]) -> "Trainer":
        """Where it stands after the sums of all sites."""

    @property
    @abstractmethod
    def coefficients(self) -> Array:
        """(tasks, penalties, size) of the models."""

    @property
    @abstractmethod
    def usable(self) -> Array:
        """(tasks,) whether the training patients settled a model."""

    @property
    @abstractmethod
    def worst(self) -> float:
        """How far the worst task is from its optimum: its breach of the conditions, or its last change."""
