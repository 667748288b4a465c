"""Linear regression, plain or with an L2 penalty, from one exchange of sums.

Objective of one fit, as scikit-learn's `Ridge(alpha)` (and `LinearRegression` at alpha = 0), free intercept:

    sum_i (y_i - b - w.z_i)^2 + alpha |w|^2
"""

from dataclasses import dataclass

import numpy as np

from shared.arrays import Array, pack_symmetric, unpack_symmetric
from shared.models.family import Family
from shared.sections.question import EndpointKind


@dataclass(frozen=True)
class LinearModel:
    """Coefficients of every fit and how much they explain in training.

    Attributes
    ----------
    coefficients : (fits, p) the intercept first
    r_squared : (fits,) share of the variance of y; NaN where y is constant
    """

    coefficients: Array
    r_squared: Array


def sums(design: Array, y: Array) -> dict[str, Array]:
    """One site's sums for one fit.

    Parameters
    ----------
    design : (patients, p) with the column of ones; features centred and scaled, so that squares keep their digits
    y : (patients,)

    Returns
    -------
    gram (p (p + 1) / 2,) packed, moment (p,), square ()
    """
    return {"gram": pack_symmetric(design.T @ design), "moment": design.T @ y, "square": (y**2).sum()}


def solve(totals: dict[str, Array], alpha: float = 0.0) -> LinearModel:
    """Coefficients from the sums of all sites.

    Parameters
    ----------
    totals : gram (fits, packed), moment (fits, p), square (fits,)
    alpha : penalty; at 0, collinear features share the solution of least length

    Returns
    -------
    coefficients and training R^2 of every fit
    """
    gram = unpack_symmetric(totals["gram"])
    count = np.maximum(gram[:, 0, 0], 1)
    mean, mean_y = gram[:, 0, 1:] / count[:, None], totals["moment"][:, 0] / count
    # centring takes the intercept out of the penalty
    centred = gram[:, 1:, 1:] - count[:, None, None] * mean[:, :, None] * mean[:, None, :]
    moment = totals["moment"][:, 1:] - count[:, None] * mean * mean_y[:, None]
    penalised = centred + alpha * np.eye(mean.shape[1])
    weights = (np.linalg.pinv(penalised, rcond=1e-12, hermitian=True) @ moment[..., None])[..., 0]
    total = totals["square"] - count * mean_y**2
    left = total - 2 * (weights * moment).sum(1) + np.einsum("fi,fij,fj->f", weights, centred, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        r_squared = np.where(total > 0, 1 - left / total, np.nan)
    intercept = mean_y - (weights * mean).sum(1)
    return LinearModel(np.concatenate([intercept[:, None], weights], axis=1), r_squared)


class Linear(Family):
    """The same as a family, half its loss: one Newton step reaches the solution, with an L1 penalty too."""

    kinds = frozenset({EndpointKind.CONTINUOUS})

    def size(self, p: int, classes: int) -> int:
        """One for each column."""
        del classes
        return p

    def penalised(self, p: int, classes: int) -> Array:
        """All but the intercept."""
        del classes
        return np.arange(p) > 0

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
