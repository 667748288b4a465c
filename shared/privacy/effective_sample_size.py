"""How many patients a weighted sum is really about.

A coordinator that could choose the coefficients at which sites form a Hessian would choose them so that one patient's
weight outgrows all others, and read that patient's features off it. Sites form no sum of which the effective number
(Kish, Survey Sampling, 1965, section 11.7) is under the minimum.
"""

import numpy as np

from shared.arrays import Array
from shared.errors import Code, MrfedError


def effective_number(weights: Array) -> Array:
    """Effective number of patients, (sum w)^2 / sum w^2.

    Parameters
    ----------
    weights : (..., n) at least 0

    Returns
    -------
    (...) between 1 and n; 0 where all weights are 0, which is a sum that says nothing
    """
    largest = weights.max(axis=-1, keepdims=True, initial=0.0)
    # Divided by the largest first: the square of a tiny weight would vanish.
    scaled = weights / np.where(largest > 0, largest, 1.0)
    squares = (scaled**2).sum(axis=-1)
    number: Array = scaled.sum(axis=-1) ** 2 / np.where(squares > 0, squares, 1.0)
    return number


def require_effective_number(weights: Array, minimum: int, what: str) -> None:
    """Refuse weights that single out too few patients.

    Parameters
    ----------
    weights : (..., n)
    minimum : least effective number
    what : the sum that is asked for, for the error

    Raises
    ------
    MrfedError (`REFUSED`) with the effective number.
    """
    numbers = effective_number(weights)
    used = np.any(weights > 0, axis=-1)
    least = float(np.min(np.where(used, numbers, np.inf), initial=np.inf))
    if least < minimum:
        raise MrfedError(
            Code.REFUSED,
            f"{what}: its weights single out {least:.1f} patients, fewer than {minimum}; the sum would be about few "
            "patients. If the study is sound, its penalty is too weak for this many patients",
        )
