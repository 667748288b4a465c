"""Ordinal logistic regression with proportional odds: one row of weights, and a threshold between classes.

P(class <= k) = 1 / (1 + exp(-(theta_k - w.z))) with rising thresholds theta.

Reference: McCullagh, J R Stat Soc B 42 (1980) 109.
"""

import numpy as np
import scipy

from shared.arrays import Array, pack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


class Ordinal(Family):
    """Coefficients: the thresholds, rising, then a weight for each feature."""

    kinds = frozenset({EndpointKind.ORDINAL})

    def size(self, p: int, classes: int) -> int:
        """A threshold less than there are classes, and a weight for each feature."""
        return classes - 1 + p - 1

    def penalized(self, p: int, classes: int) -> Array:
        """The weights."""
        return np.arange(self.size(p, classes)) >= classes - 1

    def start(self, class_totals: Array, p: int) -> Array:
        """Thresholds at the log-odds of the classes up to each."""
        coefficients = np.zeros(self.size(p, len(class_totals)))
        if self.settled(class_totals):
            coefficients[: len(class_totals) - 1] = scipy.special.logit(
                np.cumsum(class_totals)[:-1] / class_totals.sum()
            )
        else:
            coefficients[: len(class_totals) - 1] = np.arange(len(class_totals) - 1)
        return coefficients

    def allowed(self, coefficients: Array, classes: int) -> bool:
        """Thresholds rise."""
        return bool((np.diff(coefficients[: classes - 1]) > 0).all())

    def sums(self, design: Array, y: Array, coefficients: Array, classes: int) -> dict[str, Array]:
        """See `Family.sums`."""
        z, n = design[:, 1:], len(design)
        theta, w = coefficients[: classes - 1], coefficients[classes - 1 :]
        eta = z @ w
        # a class lies between an upper and a lower threshold; the outermost are infinite
        bound = np.concatenate([[-np.inf], theta, [np.inf]])
        upper, lower = bound[y + 1] - eta, bound[y] - eta
        above, below = scipy.special.expit(upper), scipy.special.expit(lower)
        # log(sigma(u) - sigma(l)) = log sigma(u) + log sigma(-l) + log(1 - exp(l - u))
        with np.errstate(invalid="ignore"):
            gap = np.where(np.isfinite(upper) & np.isfinite(lower), lower - upper, -np.inf)
        log_p = -np.logaddexp(0, -upper) - np.logaddexp(0, lower) + np.log1p(-np.exp(gap))
        share = np.exp(log_p)
        du, dl = above * (1 - above), below * (1 - below)
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = np.where(du > 0, du / share, 0.0), np.where(dl > 0, dl / share, 0.0)
        # slopes of the log-likelihood with respect to the two thresholds, and its curvature
        huu = a * a - a * (1 - 2 * above)
        hll = b * b + b * (1 - 2 * below)
        hul = -a * b
        rows = np.arange(n)
        at_upper, at_lower = np.zeros((n, classes - 1)), np.zeros((n, classes - 1))
        has_upper, has_lower = y < classes - 1, y > 0
        at_upper[rows[has_upper], y[has_upper]] = 1
        at_lower[rows[has_lower], y[has_lower] - 1] = 1
        of_upper, of_lower = np.hstack([at_upper, -z]), np.hstack([at_lower, -z])
        hessian = (of_upper * huu[:, None]).T @ of_upper + (of_lower * hll[:, None]).T @ of_lower
        across = (of_upper * hul[:, None]).T @ of_lower
        return {
            "loss": -log_p.sum(),
            "gradient": -(a @ of_upper) + b @ of_lower,
            "hessian": pack_symmetric(hessian + across + across.T),
        }

    def shown(self, coefficients: Array, p: int, classes: int) -> tuple[float, Array]:
        """The last class against all before it."""
        del p
        return -float(coefficients[classes - 2]), coefficients[classes - 1 :]

    def predict(self, design: Array, coefficients: Array, classes: int) -> Array:
        """Risk of each class."""
        theta, w = coefficients[: classes - 1], coefficients[classes - 1 :]
        edges = np.concatenate([[-np.inf], theta, [np.inf]]) - (design[:, 1:] @ w)[:, None]
        lower, upper = edges[:, :-1], edges[:, 1:]
        # between two limits near one lies what is left to one of them, which has its digits
        return np.asarray(
            np.where(
                lower > 0,
                scipy.special.expit(-lower) - scipy.special.expit(-upper),
                scipy.special.expit(upper) - scipy.special.expit(lower),
            )
        )
