"""What a model must say of itself to be trained from sums by Newton steps: one kind of `shared.models.learner`."""

from abc import ABC, abstractmethod

import numpy as np

from shared.arrays import Array
from shared.sections.question import EndpointKind


class Family(ABC):
    """A convex loss over a vector of coefficients, added up over patients.

    `classes` is the number of classes of the endpoint, 0 where it is continuous; `p` counts the columns of a design, of
    which the first holds ones.
    """

    kinds: frozenset[EndpointKind]
    """Endpoints for which it is made."""
    calibrated = True
    """Whether what it predicts are meant as risks; otherwise they rank only."""
    bounded = True
    """Whether a patient adds at most one, in size, to the slope of the loss along an intercept."""

    def size(self, p: int, classes: int) -> int:
        """Number of coefficients: one for each column, unless a family says otherwise."""
        del classes
        return p

    def penalized(self, p: int, classes: int) -> Array:
        """(size,) whether a penalty holds for each coefficient: for all but the intercept."""
        del classes
        return np.arange(p) > 0

    @abstractmethod
    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """One site's sums of one fit.

        Parameters
        ----------
        design : (patients, p)
        y : (patients,) class, or the value of a continuous endpoint
        coefficients : (size,)

        Returns
        -------
        loss (), gradient (size,), hessian (size (size + 1) / 2,) packed; all without a penalty
        """

    @abstractmethod
    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """(patients, classes) risk of each class; (patients, 1) value of a continuous endpoint."""

    def shown(self, coefficients: Array, p: int, classes: int) -> tuple[float, Array]:
        """Intercept, and a weight for each feature; of several classes the last against the first."""
        del p, classes
        return float(coefficients[0]), coefficients[1:]

    def start(self, class_totals: Array, p: int) -> Array:
        """(size,) where the search begins."""
        return np.zeros(self.size(p, len(class_totals)))

    def allowed(self, coefficients: Array, classes: int) -> bool:
        """Whether the loss is finite there; steps are shortened until it is."""
        del coefficients, classes
        return True

    def settled(self, class_totals: Array) -> bool:
        """Whether training patients of such classes settle a model."""
        return bool((class_totals > 0).all())
