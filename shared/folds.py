"""Which patient is left out of which fold, within a site, stratified by class."""

import hashlib

import numpy as np

from shared.arrays import Array


def generator(seed: int, *names: str) -> np.random.Generator:
    """Random generator for one purpose at one site, independent of every other one."""
    material = "\0".join((str(seed), *names)).encode()
    return np.random.default_rng(int.from_bytes(hashlib.sha256(material).digest()[:16], "big"))


def stratified(classes: Array, folds: int, random: np.random.Generator) -> Array:
    """Assign each patient to a fold so that every class is spread evenly.

    Parameters
    ----------
    classes : (patients,) class index
    folds : how many folds
    random : shuffles within each class

    Returns
    -------
    (patients,) fold from 0; sizes differ by at most one within each class, and where a class does not fill its last
    round the next class goes on from there, so that whole folds stay even too
    """
    fold = np.empty(len(classes), dtype=np.int64)
    start = 0
    for label in np.unique(classes):
        rows = random.permutation(np.flatnonzero(classes == label))
        fold[rows] = (start + np.arange(len(rows))) % folds
        start += len(rows)
    return fold
