"""Binary logistic regression with an L2 penalty and a free intercept: what a site adds up.

Objective of one fit, as scikit-learn's `LogisticRegression(C=c)`:

    sum_i log(1 + exp(-s_i eta_i)) + |w|^2 / (2 c),  eta_i = b + w.z_i,  s_i = +-1

minimised by `shared.models.newton` with a free intercept.
"""

import numpy as np
from scipy.special import expit

from shared.arrays import Array, pack_symmetric


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


def sums(design: Array, y: Array, coefficients: Array) -> dict[str, Array]:
    """One site's sums for one fit.

    Parameters
    ----------
    design : (patients, p) with the column of ones
    y : (patients,) 0 or 1
    coefficients : (p,)

    Returns
    -------
    loss (), gradient (p,), hessian (p (p + 1) / 2,) packed; all without the penalty
    """
    eta = design @ coefficients
    risk = expit(eta)
    return {
        "loss": np.logaddexp(0, np.where(y == 1, -eta, eta)).sum(),
        "gradient": design.T @ (risk - y),
        "hessian": pack_symmetric((design * (risk * (1 - risk))[:, None]).T @ design),
    }
