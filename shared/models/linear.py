"""Linear regression as a family of convex losses: one Newton step reaches the solution, with an L1 penalty too.

Of models on few columns; that on features follows from sums that are there without training
(`shared.models.least_squares`).

Loss of one fit: sum_i (y_i - b - w.z_i)^2 / 2; with alpha |w|^2 / 2 it is scikit-learn's `Ridge(alpha)`, with a free
intercept.
"""

import numpy as np

from shared.arrays import Array, pack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


class Linear(Family):
    """A coefficient for each column, the intercept's without penalty."""

    kinds = frozenset({EndpointKind.CONTINUOUS})
    bounded = False

    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """See `Family.sums`."""
        del classes
        off = design @ coefficients - y
        return {
            "loss": (off**2).sum() / 2,
            "gradient": design.T @ off,
            "hessian": pack_symmetric(design.T @ design),
        }

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """Value of each patient."""
        del classes
        return np.asarray((design @ coefficients)[:, None])

    def settled(self, class_totals: Array) -> bool:
        """Whenever there are patients; `class_totals` has their number alone."""
        return bool(class_totals.sum() > 0)
