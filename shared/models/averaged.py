"""A small network on features as a model of a study: sites train, and their steps are averaged (FedAvg, FedProx).

In every exchange each site goes `local_steps` steps of gradient descent from the weights that all share, on its own
patients, and adds to the sum how far it came, times its patients. With one step, the mean is a step on the pooled
table, exactly. With more it is not, and a proximal term can hold sites near each other.

References: McMahan et al., AISTATS (2017) 1273 (FedAvg); Li et al., MLSys (2020) 429 (FedProx).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array
from shared.folds import generator
from shared.models import perceptron
from shared.models.learner import Known, Learner
from shared.models.perceptron import Shape
from shared.models.trainer import SiteContext, Trainer
from shared.sections.model import PerceptronSettings
from shared.sections.question import EndpointKind
from shared.step import Step


class AveragedNetwork(Learner[PerceptronSettings]):
    """One hidden layer. Coefficients: the weights (`perceptron`), and before them the number of hidden units."""

    kinds = frozenset({EndpointKind.BINARY, EndpointKind.ORDINAL, EndpointKind.MULTICLASS})
    words = "A network of {hidden} hidden units, {local_steps} steps at each site between averages"
    linear = False
    step = Step.AVERAGE

    def exact(self, section: PerceptronSettings) -> bool:
        """With one step between averages."""
        return section.local_steps == 1

    def begin(self, section: PerceptronSettings, known: Known) -> "Averaged":
        """See `Learner.begin`."""
        tasks, classes = known.class_totals.shape
        shape = Shape(1 + known.there.shape[1], section.hidden, classes)
        # Columns that a task lacks are zero, and their weights never move: they begin at zero too.
        begin = np.repeat(shape.draw(generator(known.seed, "weights"))[None], tasks, axis=0)
        columns = np.concatenate([np.ones((tasks, 1)), known.there], axis=1)
        first = shape.hidden * shape.inputs
        begin[:, :first] *= np.tile(columns, (1, shape.hidden))
        usable = np.asarray((known.class_totals > 0).all(axis=1))
        patients = np.maximum(known.class_totals.sum(axis=1), 1)
        return Averaged(section, shape, known.rounds, known.tolerance, patients, usable, begin)

    def size(self, section: PerceptronSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        del places
        return 1 + Shape(1 + selected, section.hidden, classes).size

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        shape = Shape(design.shape[1], int(coefficients[0]), classes)
        return perceptron.risks(shape, design, coefficients[1:])


@dataclass(frozen=True)
class Averaged(Trainer):
    """Where the averages of all tasks stand.

    Attributes
    ----------
    section : the model as the study asks for it
    shape : of the networks
    rounds : exchanges that are made
    tolerance : largest move of a weight that counts as none
    patients : (tasks,) training patients of all sites
    settled : (tasks,) whether both, or all, classes have training patients
    weights : (tasks, size)
    moved : largest move of a weight in the last round; infinite before the first
    made : rounds so far
    """

    section: PerceptronSettings
    shape: Shape
    rounds: int
    tolerance: float
    patients: Array
    settled: Array
    weights: Array
    moved: float = np.inf
    made: int = 0

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return not self.settled.any() or self.made >= self.rounds or self.moved <= self.tolerance

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        return {"weights": self.shape.size}

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""
        steps = np.zeros_like(self.weights)
        for task in np.flatnonzero(self.settled).tolist():
            design, y = context.rows(task)
            if len(y):
                steps[task] = len(y) * (self._local(task, design, y) - self.weights[task])
        return {"steps": steps}

    def _local(self, task: int, design: Array, y: Array) -> Array:
        """(size,) weights to which a site comes by itself."""
        begin = self.weights[task]
        penalty = self.shape.penalized / (self.section.c * self.patients[task])
        now = begin
        for _ in range(self.section.local_steps):
            slope = perceptron.gradient(self.shape, design, y, now)[1]
            now = now - self.section.learning_rate * (slope + penalty * now + self.section.proximal * (now - begin))
        return np.asarray(now)

    def advance(self, totals: Mapping[str, Array]) -> "Averaged":
        """See `Trainer.advance`."""
        step = totals["steps"] / self.patients[:, None]
        moved = float(np.abs(step).max(initial=0.0))
        return replace(self, weights=self.weights + step, moved=moved, made=self.made + 1)

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        hidden = np.full((len(self.weights), 1), float(self.shape.hidden))
        return np.concatenate([hidden, self.weights], axis=1)[:, None, :]

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.settled

    @property
    def worst(self) -> float:
        """The largest move of a weight in the last round."""
        return self.moved if np.isfinite(self.moved) else 0.0
