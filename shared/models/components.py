"""Principal components before a logistic model: directions from the products, then coefficients of the scores.

The coefficients are those of the features, to which they lead back: a component is a linear combination of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.models import pca
from shared.models.learner import Known, Learner
from shared.models.trainer import SiteContext, Trainer
from shared.sections.model import ComponentsSettings, LogisticSettings, NewtonSettings
from shared.sections.question import EndpointKind

_LEAST_SHARE = 1e-10
"""A component that explains less of the variance than this is rounding."""


class OfComponents(Learner[ComponentsSettings]):
    """A model of the scores on the first principal components.

    Parameters
    ----------
    two, several : the model of two classes, and that of more; linear in what they are given
    """

    kinds = frozenset({EndpointKind.BINARY, EndpointKind.ORDINAL, EndpointKind.MULTICLASS})
    words = "Logistic regression of the first {components} principal components"
    bounded = True

    def __init__(self, two: Learner[LogisticSettings], several: Learner[NewtonSettings]) -> None:
        self._two, self._several = two, several

    def _of(self, classes: int) -> Learner[Any]:
        return self._two if classes == 2 else self._several

    def begin(self, section: ComponentsSettings, known: Known) -> "Projected":
        """See `Learner.begin`."""
        loadings = np.stack([_loadings(section.components, known, task) for task in range(len(known.there))])
        turned = loadings @ unpack_symmetric(known.products) @ np.swapaxes(loadings, 1, 2)
        of_scores = replace(
            known,
            there=(loadings != 0).any(axis=2),
            class_sums=known.class_sums @ np.swapaxes(loadings, 1, 2),
            products=pack_symmetric(turned),
        )
        if known.class_totals.shape[1] == 2:
            two = LogisticSettings(c=section.c, l1_ratio=section.l1_ratio)
            return Projected(self._two.begin(two, of_scores), loadings)
        several = NewtonSettings(kind="multinomial", c=section.c, l1_ratio=section.l1_ratio)
        return Projected(self._several.begin(several, of_scores), loadings)

    def size(self, section: ComponentsSettings, selected: int, classes: int, places: int) -> int:
        """See `Learner.size`."""
        return self._of(classes).size(section, selected, classes, places)

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """See `Learner.predict`."""
        return self._of(classes).predict(design, coefficients, classes)

    def shown(self, coefficients: Array, selected: int, classes: int) -> tuple[float, Array]:
        """As the model of the scores shows itself."""
        return self._of(classes).shown(coefficients, selected, classes)


@dataclass(frozen=True)
class Projected(Trainer):
    """Training of the model of the scores.

    Attributes
    ----------
    scores : where it stands
    loadings : (tasks, components, selected); rows of zeros where a task has fewer components
    """

    scores: Trainer
    loadings: Array

    @property
    def done(self) -> bool:
        """See `Trainer.done`."""
        return self.scores.done

    @property
    def sizes(self) -> dict[str, int]:
        """See `Trainer.sizes`."""
        return self.scores.sizes

    def sums(self, context: SiteContext) -> dict[str, Array]:
        """See `Trainer.sums`."""

        def rows(task: int) -> tuple[Array, Array]:
            design, y = context.rows(task)
            return np.concatenate([design[:, :1], design[:, 1:] @ self.loadings[task].T], axis=1), y

        return self.scores.sums(replace(context, rows=rows))

    def advance(self, totals: Mapping[str, Array]) -> "Projected":
        """See `Trainer.advance`."""
        return replace(self, scores=self.scores.advance(totals))

    @property
    def coefficients(self) -> Array:
        """See `Trainer.coefficients`."""
        of_scores = self.scores.coefficients
        tasks, penalties, _ = of_scores.shape
        rows = of_scores.reshape(tasks, -1, 1 + self.loadings.shape[1])
        of_features = np.concatenate([rows[..., :1], rows[..., 1:] @ self.loadings], axis=2)
        return np.asarray(of_features.reshape(tasks, penalties, -1))

    @property
    def usable(self) -> Array:
        """See `Trainer.usable`."""
        return self.scores.usable

    @property
    def worst(self) -> float:
        """See `Trainer.worst`."""
        return self.scores.worst


def _loadings(keep: int, known: Known, task: int) -> Array:
    """(components, selected) of one task."""
    there = known.there[task]
    loadings = np.zeros((min(keep, len(there)), len(there)))
    count = known.class_totals[task].sum()
    if count < 2 or not there.any():
        return loadings
    totals = {
        "count": np.float64(count),
        "sum": known.class_sums[task].sum(axis=0)[there],
        "products": pack_symmetric(unpack_symmetric(known.products[task])[np.ix_(there, there)]),
    }
    components = pca.components(totals, len(loadings))
    varying = components.explained > _LEAST_SHARE
    loadings[: len(components.loadings)][np.ix_(varying, there)] = components.loadings[varying]
    return loadings
