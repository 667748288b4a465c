"""Linear support vector machine with the squared hinge loss.

Objective of one fit, as scikit-learn's `LinearSVC(loss="squared_hinge", C=c)`, its intercept penalized like every
weight; divided by c:

    sum_i max(0, 1 - s_i eta_i)^2 + |w|^2 / (2 c),  eta_i = w.z_i,  s_i = +-1

Reference: Keerthi and DeCoste, J Mach Learn Res 6 (2005) 341, for the generalized Hessian.
"""

import numpy as np
from scipy.special import expit

from shared.arrays import Array, pack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


class Svm(Family):
    """A weight for each column, the intercept's too."""

    kinds = frozenset({EndpointKind.BINARY})
    calibrated = False
    bounded = False

    def penalized(self, p: int, classes: int) -> Array:
        """All of them."""
        del classes
        return np.ones(p, dtype=bool)

    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """See `Family.sums`."""
        del classes
        sign = np.where(y == 1, 1.0, -1.0)
        slack = np.maximum(0.0, 1.0 - sign * (design @ coefficients))
        inside = design[slack > 0]
        return {
            "loss": (slack**2).sum(),
            "gradient": -2 * design.T @ (sign * slack),
            "hessian": pack_symmetric(2 * inside.T @ inside),
        }

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """Scores on the scale of risks: the logistic function of the distance. They rank, and are not calibrated."""
        del classes
        eta = design @ coefficients
        # each side by itself: a risk near one has its digits in what is left to one
        return np.stack([expit(-eta), expit(eta)], axis=1)
