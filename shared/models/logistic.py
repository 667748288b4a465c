"""Binary logistic regression with a free intercept.

Loss of one fit: sum_i log(1 + exp(-s_i eta_i)), eta_i = b + w.z_i, s_i = +-1; with |w|^2 / (2 c) it is scikit-learn's
`LogisticRegression(C=c)`. Whole paths of penalties: `shared.models.elastic_net`.
"""

import numpy as np
import scipy

from shared.arrays import Array, pack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


def with_intercept(z: Array) -> Array:
    """Put a column of ones before the features.

    Parameters
    ----------
    z : (patients, features)

    Returns
    -------
    (patients, 1 + features)
    """
    return np.concatenate([np.ones((len(z), 1)), z], axis=1)


class Logistic(Family):
    """A coefficient for each column, the intercept's without penalty."""

    kinds = frozenset({EndpointKind.BINARY})

    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """See `Family.sums`."""
        del classes
        eta = design @ coefficients
        risk = scipy.special.expit(eta)
        return {
            "loss": np.logaddexp(0, np.where(y == 1, -eta, eta)).sum(),
            "gradient": design.T @ (risk - y),
            "hessian": pack_symmetric((design * (risk * (1 - risk))[:, None]).T @ design),
        }

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """Risk of each class."""
        del classes
        eta = design @ coefficients
        # each side by itself: a risk near one has its digits in what is left to one
        return np.stack([scipy.special.expit(-eta), scipy.special.expit(eta)], axis=1)
