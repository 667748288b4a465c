"""Any convex family as a model of a study: one penalty for each task, by Newton steps (`proximal`)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shared.arrays import Array
from shared.models import proximal
from shared.models.family import Family
from shared.models.learner import Known, Learner
from shared.models.proximal import Search
from shared.models.trainer import SiteContext, Trainer
from shared.sections.model import NewtonSettings

TOLERANCE = 1e-8
"""Relative change under which none is worth another exchange."""


class ByNewton(Learner[NewtonSettings]):
    """A family of convex losses, trained to its optimum.

    Parameters
    ----------
    family : the loss
    words : what the model is
    """

    def __init__(self, family: Family, words: str) -> None:
        self.family, self.words = family, words
        self.kinds, self.calibrated, self.bounded = family.kinds, family.calibrated, family.bounded

    def begin(self, section: NewtonSettings, known: Known) -> "Newton":
        """See `Learner.begin`."""
        p, tolerance = 1 + known.there.shape[1], max(known.tolerance, TOLERANCE)
        return Newton.start(self.family, known.class_totals, section.c, section.l1_ratio, p, tolerance)

    def size(self, section: NewtonSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del section, places
        return self.family.size(1 + selected, classes)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        return self.family.predict(design, coefficients, classes)

    def reads(self, section: NewtonSettings, coefficients: Array, selected: int, classes: int) -> bool:
        """Where the family has a loss there."""
        del section, selected
        return self.family.allowed(coefficients, classes)

    def settled(self, class_totals: Array) -> bool:
        """See `Learner.settled`."""
        return self.family.settled(class_totals)

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """As the family shows itself."""
        return self.family.shown(coefficients, 1 + selected, classes)


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

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""
        family, classes, parts = self.search.family, self.search.classes, []
        for task, at in enumerate(self.search.trial):
            design, y = context.rows(task)
            risks = family.predict(design, at, classes)
            context.guard((risks * (1 - risks)).max(axis=1) if classes > 1 else np.ones(len(y)), task)
            parts.append(family.sums(design, y, at, classes))
        return {
            "loss": np.array([part["loss"] for part in parts]),
            "gradient": np.stack([part["gradient"] for part in parts]),
            "curvature": np.concatenate([part["hessian"] for part in parts]),
        }

    def advance(self, totals: Mapping[str, Array]) -> "Newton":
        """See `Trainer.advance`."""
        packed = totals["curvature"].reshape(len(self.search.accepted), -1)
        sums = {"loss": totals["loss"], "gradient": totals["gradient"], "hessian": packed}
        return Newton(proximal.advance(self.search, sums), self.tolerance)

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        return self.search.trial[:, None, :]

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.search.usable

    @property
    def worst(self) -> float:
        """See `Trainer.worst`."""
        return float(self.search.change.max(initial=0.0))
