"""Multinomial logistic regression: a row of coefficients for each class, intercepts free and centred.

Loss of one patient of class y: log sum_k exp(eta_k) - eta_y, eta_k = b_k + w_k.z; with an L2 penalty it is
scikit-learn's `LogisticRegression(C=c)` for more than two classes. The loss does not know the sum of the intercepts:
a term that is zero where they are centred makes it known.
"""

import numpy as np
import scipy

from shared.arrays import Array, pack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


class Multinomial(Family):
    """Coefficients in the order of the classes, for each class that of the intercept first."""

    kinds = frozenset({EndpointKind.MULTICLASS, EndpointKind.ORDINAL})

    def size(self, p: int, classes: int) -> int:
        """One for each column and class."""
        return p * classes

    def penalized(self, p: int, classes: int) -> Array:
        """All but the intercepts."""
        return np.tile(np.arange(p) > 0, classes)

    def start(self, class_totals: Array, p: int) -> Array:
        """Centred logarithms of the classes' frequencies as intercepts."""
        rows = np.zeros((len(class_totals), p))
        if self.settled(class_totals):
            rows[:, 0] = np.log(class_totals) - np.log(class_totals).mean()
        return rows.reshape(-1)

    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """See `Family.sums`."""
        n, p = design.shape
        rows = coefficients.reshape(classes, p)
        eta = design @ rows.T
        risk = scipy.special.softmax(eta, axis=1)
        member = y[:, None] == np.arange(classes)
        weight = risk[:, :, None] * (np.eye(classes) - risk[:, None, :])
        hessian = np.einsum("nkl,ni,nj->kilj", weight, design, design, optimize=True)
        off = rows[:, 0].sum()
        # added by every patient alike, so that it is a sum over patients as all else
        gradient = (risk - member).T @ design
        gradient[:, 0] += n * off
        hessian[:, 0, :, 0] += n
        return {
            "loss": (scipy.special.logsumexp(eta, axis=1) - eta[member]).sum() + n * off**2 / 2,
            "gradient": gradient.reshape(-1),
            "hessian": pack_symmetric(hessian.reshape(classes * p, classes * p)),
        }

    def shown(self, coefficients: Array, p: int, classes: int) -> tuple[float, Array]:
        """The last class against the first."""
        del p
        rows = coefficients.reshape(classes, -1)
        difference = rows[-1] - rows[0]
        return float(difference[0]), difference[1:]

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """Risk of each class."""
        return np.asarray(scipy.special.softmax(design @ coefficients.reshape(classes, -1).T, axis=1))
