"""What every measure asks of scores and classes before it counts them."""

import numpy as np
from numpy.typing import NDArray


def checked(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores as float64 and classes as Booleans.

    Parameters
    ----------
    scores, positive : (n,)

    Raises
    ------
    ValueError if the shapes differ, a score is not finite, or `positive` is not Boolean (a column of 1 and 2
        would silently count everyone as positive).
    """
    scores, positive = np.asarray(scores, dtype=np.float64), np.asarray(positive)
    if scores.ndim != 1 or scores.shape != positive.shape:
        raise ValueError(f"scores {scores.shape} and classes {positive.shape} are not two equal vectors")
    if positive.dtype != np.bool_:
        raise ValueError(f"classes must be Boolean, not {positive.dtype}")
    if not np.isfinite(scores).all():
        raise ValueError(f"{int((~np.isfinite(scores)).sum())} of {scores.size} scores are not finite")
    return scores, positive


def checked_probabilities(
    probabilities: NDArray[np.float64], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """As `checked`, for scores that must lie in [0, 1].

    Raises
    ------
    ValueError as `checked`, or if a probability lies outside [0, 1].
    """
    probabilities, positive = checked(probabilities, positive)
    if probabilities.size and not (probabilities.min() >= 0 and probabilities.max() <= 1):
        raise ValueError("probabilities lie outside [0, 1]; give risks, not linear predictors")
    return probabilities, positive


def split(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of the positive and of the negative patients, checked."""
    scores, positive = checked(scores, positive)
    return scores[positive], scores[~positive]
