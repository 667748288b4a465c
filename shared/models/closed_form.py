"""Models that follow from the products of the features, without an exchange of training."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shared.arrays import Array
from shared.models.trainer import SiteContext, Trainer


@dataclass(frozen=True)
class ClosedForm(Trainer):
    """All tasks, from the beginning where they will stay.

    Attributes
    ----------
    models : (tasks, penalties, size)
    solved : (tasks,) whether there was a solution
    breach : largest of the optimality conditions
    """

    models: Array
    solved: Array
    breach: float = 0.0

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return True

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        return {}

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """Nothing is asked."""
        del context
        return {}

    def advance(self, totals: Mapping[str, Array]) -> "ClosedForm":
        """See `Trainer.advance`."""
        del totals
        return self

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        return self.models

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.solved

    @property
    def worst(self) -> float:
        """Solutions are exact, but for rounding."""
        return self.breach


def in_closed_form(models: list[Array | None], size: int) -> ClosedForm:
    """Solutions of all tasks; None where a task has none.

    Parameters
    ----------
    models : (size,) of each task
    size : of one
    """
    solved = np.array([model is not None for model in models])
    return ClosedForm(np.stack([np.zeros(size) if model is None else model for model in models])[:, None, :], solved)
