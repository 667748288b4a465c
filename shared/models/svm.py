"""Linear support vector machine with the squared hinge loss: what a site adds up.

Objective of one fit, as scikit-learn's `LinearSVC(loss="squared_hinge", C=c)`, its intercept penalised like every
weight:

    c sum_i max(0, 1 - s_i eta_i)^2 + |w|^2 / 2,  eta_i = w.z_i,  s_i = +-1

minimised by `shared.models.newton` without a free intercept: divided by c it is the same problem.

Reference: Keerthi and DeCoste, J Mach Learn Res 6 (2005) 341, for the generalised Hessian.
"""

import numpy as np

from shared.arrays import Array, pack_symmetric


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
    sign = np.where(y == 1, 1.0, -1.0)
    slack = np.maximum(0.0, 1.0 - sign * (design @ coefficients))
    inside = design[slack > 0]
    return {
        "loss": (slack**2).sum(),
        "gradient": -2 * design.T @ (sign * slack),
        "hessian": pack_symmetric(2 * inside.T @ inside),
    }
