"""Penalized logistic regression as a model of a study: whole paths of penalties of all tasks (`elastic_net`)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy

from shared.arrays import Array
from shared.models import elastic_net
from shared.models.elastic_net import Path
from shared.models.learner import Known, Learner
from shared.models.logistic import Logistic
from shared.models.trainer import SiteContext, Trainer
from shared.sections.model import LogisticSettings
from shared.sections.question import EndpointKind

TOLERANCE = 1e-8
"""Breach of the optimality conditions at which a problem of a path counts as solved."""


class PenalizedLogistic(Learner[LogisticSettings]):
    """Binary logistic regression with an L1, L2 or elastic-net penalty."""

    kinds = frozenset({EndpointKind.BINARY})
    words = "Logistic regression"
    bounded = kept_as_log_odds = True

    def begin(self, section: LogisticSettings, known: Known) -> "Paths":
        """See `Learner.begin`."""
        tolerance = known.tolerance if section.path_length == 1 else max(known.tolerance, TOLERANCE)
        null = elastic_net.null_sums(**known.sums)
        path = elastic_net.begin(
            known.penalties, section.l1_ratio, known.class_totals, null, tolerance, frugal=known.frugal
        )
        return Paths(path, np.asarray((known.class_totals > 0).all(axis=1)))

    def size(self, section: LogisticSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del section, classes, places
        return 1 + selected

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        return Logistic().predict(design, coefficients, classes)

    def losses(self, design: Array, y: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.losses`."""
        del classes
        return elastic_net.slopes(design, y, coefficients)["loss"]

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """The coefficients."""
        del selected, classes
        return float(coefficients[0]), coefficients[1:]


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

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""
        trial, still = self.path.trial, self.path.open
        parts, curved = [], [np.zeros(0)]
        for task in np.flatnonzero(still.any(axis=1)).tolist():
            design, y = context.rows(task)
            parts.append(elastic_net.slopes(design, y, trial[task, still[task]]))
            wanted = self.path.wanted.get(task)
            for knot in wanted.knots if wanted is not None else ():
                risk = scipy.special.expit(design @ trial[task, knot])
                context.guard(risk * (1 - risk), task)
                assert wanted is not None
                curved.append(elastic_net.hessian(design, trial[task, knot], wanted.columns))
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

    @property
    def worst(self) -> float:
        """See `Trainer.worst`."""
        return float(self.path.violation.max(initial=0.0))
