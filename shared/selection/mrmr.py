"""Minimum redundancy, maximum relevance: features that tell of the class and not of each other, from counts.

Features are cut into three levels about their mean, so that all that mutual information asks for are counts of
patients by two levels, or by level and class: whole numbers that sites add up.

Reference: Peng, Long and Ding, IEEE Trans Pattern Anal Mach Intell 27 (2005) 1226 (difference form).
"""

import numpy as np

from shared.arrays import Array, pack_symmetric, unpack_symmetric

LEVELS = 3
CUTS = (-0.5, 0.5)
"""Standard deviations from the mean at which a level ends."""


def indicators(z: Array) -> Array:
    """Level of every patient in every feature.

    Parameters
    ----------
    z : (patients, features) standardized

    Returns
    -------
    (patients, features x levels) 0 or 1; the levels of a feature stand together
    """
    level = np.searchsorted(CUTS, z, side="left")
    of_level = level[..., None] == np.arange(LEVELS)
    return np.asarray(of_level.reshape(len(z), z.shape[1] * LEVELS).astype(np.float64))


def counts(z: Array, classes: Array, k: int) -> dict[str, Array]:
    """One site's counts of one fit.

    Parameters
    ----------
    z : (patients, features) standardized
    classes : (patients,) 0 to k - 1
    k : number of classes

    Returns
    -------
    pairs : packed counts of patients by two levels of any two features
    classes : (k, features x levels) counts by class and level
    """
    level = indicators(z)
    of_class = (classes == np.arange(k)[:, None]).astype(np.float64)
    return {"pairs": pack_symmetric(level.T @ level), "classes": of_class @ level}


def mutual_information(joint: Array) -> Array:
    """Mutual information in nats.

    Parameters
    ----------
    joint : (..., a, b) counts

    Returns
    -------
    (...); 0 without patients
    """
    total = joint.sum(axis=(-2, -1), keepdims=True)
    share = joint / np.maximum(total, 1)
    apart = share.sum(axis=-1, keepdims=True) * share.sum(axis=-2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(share > 0, share * np.log(share / apart), 0.0)
    return np.asarray(terms.sum(axis=(-2, -1)))


def most_relevant(totals: dict[str, Array], usable: Array, keep: int) -> Array:
    """Choose features one after another, each the most relevant beyond what the chosen ones already say.

    Parameters
    ----------
    totals : of one fit, as `counts`, rounded to whole numbers here
    usable : (features,) that may be chosen
    keep : how many

    Returns
    -------
    (at most keep,) features, in the order in which they were chosen; the first of equal ones
    """
    features = len(usable)
    pairs = np.rint(unpack_symmetric(totals["pairs"])).reshape(features, LEVELS, features, LEVELS)
    by_class = np.rint(totals["classes"]).reshape(-1, features, LEVELS)
    relevance = mutual_information(np.moveaxis(by_class, 1, 0))
    redundancy = np.zeros(features)
    chosen: list[int] = []
    left = usable.copy()
    while left.any() and len(chosen) < keep:
        # rounded, so that equal ones tie whatever the order in which their terms were added
        worth = np.round(relevance - redundancy / max(len(chosen), 1), 12)
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        chosen.append(best)
        left[best] = False
        redundancy += mutual_information(np.moveaxis(pairs[best], 1, 0))
    return np.array(chosen, dtype=np.int64)
