"""Base of every strategy: what a site adds to its gradients, what it sends, what follows from the totals."""

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.sections.network import Averaging

Vector = NDArray[np.float32]
Vectors = Mapping[str, Vector]
Settings = TypeVar("Settings", bound=Averaging)


@dataclass(frozen=True)
class Parts:
    """Kinds of weights of a network.

    Parameters
    ----------
    learned : (weights,) by gradients; the running means and variances of batch norm are not
    norm : (weights,) of normalization layers
    """

    learned: NDArray[np.bool_]
    norm: NDArray[np.bool_]


@dataclass(frozen=True)
class Correction:
    """What a site adds to each gradient: pull (weights - start) + shift.

    Parameters
    ----------
    pull : towards the weights of the round's start
    shift : (weights,); None for nothing
    """

    pull: float = 0.0
    shift: Vector | None = None


@dataclass(frozen=True)
class Work:
    """Outcome of one site's training of one fit.

    Parameters
    ----------
    start, end : (weights,) before and after
    effort : how often gradients were applied, added up: the number of steps, and with momentum more (the norm of
        FedNova's a)
    path : learning rate times effort, so that the change over it is the (weighted) mean gradient
    """

    start: Vector
    end: Vector
    path: float
    effort: float

    @property
    def change(self) -> Vector:
        """(weights,) end less start."""
        return self.end - self.start


@dataclass(frozen=True)
class Sent:
    """What a site sends for one fit, before it is weighted, and what it keeps for itself.

    Parameters
    ----------
    vectors : the strategy's `sends`, each (travelling,)
    scalars : the strategy's `counts`
    kept : the strategy's `keeps`, each (weights,)
    """

    vectors: Vectors
    scalars: Mapping[str, float] = field(default_factory=dict)
    kept: Vectors = field(default_factory=dict)


class Strategy(ABC, Generic[Settings]):
    """Federated averaging; other strategies override parts of it.

    Parameters
    ----------
    settings : the study's section
    parts : what the network's weights are

    Reference: McMahan et al., AISTATS 2017, algorithm 1.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """Vectors (fits, weights) that both sides carry from round to round, from zeros."""
    sends: ClassVar[tuple[str, ...]] = ("update",)
    """Vectors of which the weighted sum over sites is taken."""
    counts: ClassVar[tuple[str, ...]] = ()
    """Numbers of which the weighted sum is taken."""
    keeps: ClassVar[tuple[str, ...]] = ()
    """Vectors that a site keeps on its own disk."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings = settings
        self.parts = parts

    @property
    def travels(self) -> NDArray[np.bool_]:
        """(weights,) which are sent and averaged."""
        return np.ones(len(self.parts.learned), dtype=bool)

    def start(self, weights: Vector, kept: Vectors) -> Vector:
        """(weights,) where a site begins a round, and what it predicts with.

        Parameters
        ----------
        weights : (weights,) the global ones
        kept : what the site kept of the round before; empty in the first
        """
        del kept
        return weights

    def correction(self, slots: Vectors, kept: Vectors) -> Correction:
        """What the site adds to its gradients.

        Parameters
        ----------
        slots : of this fit, each (weights,)
        kept : what the site kept
        """
        del slots, kept
        return Correction()

    def send(self, work: Work, slots: Vectors, kept: Vectors) -> Sent:
        """What the site sends of its work."""
        del slots, kept
        return Sent({"update": work.change[self.travels]})

    def change(self, turn: int, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """What follows from the weighted sums.

        Parameters
        ----------
        turn : the round, from 0
        totals : `sends` (fits, travelling) and `counts` (fits,)
        slots : each (fits, weights)

        Returns
        -------
        (fits, weights) what is added to the weights that are learned, and the slots of the next round
        """
        del turn
        return self.spread(totals["update"]), dict(slots)

    def spread(self, travelled: Vector) -> Vector:
        """(fits, weights) of (fits, travelling): zero where nothing travels."""
        if travelled.shape[1] == len(self.parts.learned):
            return np.asarray(travelled, dtype=np.float32)
        whole = np.zeros((len(travelled), len(self.travels)), dtype=np.float32)
        whole[:, self.travels] = travelled
        return whole

    def advance(self, turn: int, weights: Vector, totals: Vectors, slots: Vectors) -> tuple[Vector, dict[str, Vector]]:
        """Global weights and slots (fits, weights) of the next round; see `change`.

        Running means and variances are averaged, whatever a strategy does with what is learned.
        """
        change, following = self.change(turn, totals, slots)
        if not self.parts.learned.all():
            change = np.where(self.parts.learned, change, self.spread(totals["update"]))
        moved = weights + change
        return moved.astype(np.float32), {name: vector.astype(np.float32) for name, vector in following.items()}
