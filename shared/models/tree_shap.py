"""What each feature adds to a sum of trees, against patients as background: interventional SHAP values, exactly.

A patient and one of the background differ in the features that a leaf's path asks for. The leaf speaks for those in
which the patient alone takes the turns that lead there, and against those in which the other alone does; averaged over
all orders in which features could be exchanged one by one, its value is shared by factorials of these two numbers.

Reference: Lundberg et al., Nat Mach Intell 2 (2020) 56, interventional TreeSHAP; Shapley (1953).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np

from shared.arrays import Array
from shared.models.trees import Ensemble, normal_bins


@dataclass(frozen=True)
class _Turn:
    """A split on the way to a leaf."""

    feature: int
    bin: int
    right: bool

    def takes(self, binned: Array) -> Array:
        """(patients,) whether a patient turns as the way does."""
        return np.asarray((binned[:, self.feature] > self.bin) == self.right)


def tree_shap(ensemble: Ensemble, z: Array, background: Array, output: int = -1) -> Array:
    """Shapley values of every patient, the mean over the background.

    Parameters
    ----------
    ensemble : the trees
    z : (n, features) standardized
    background : (m, features) of the patients held against, who stay where they are
    output : of the trees

    Returns
    -------
    (n, features); their sum is what the trees say of the patient less the mean of what they say of the background
    """
    own, others = normal_bins(z, ensemble.bins), normal_bins(background, ensemble.bins)
    shapley = np.zeros(z.shape)
    for feature, last, value in zip(ensemble.feature, ensemble.bin, ensemble.value[..., output], strict=True):
        for leaf, turns in _leaves(feature, last):
            if turns and value[leaf]:
                _share(shapley, own, others, turns, float(value[leaf]))
    return shapley / max(len(background), 1)


def _share(shapley: Array, own: Array, others: Array, turns: tuple[_Turn, ...], value: float) -> None:
    """Add to `shapley` (n, features) what one leaf says, summed over the background."""
    features = sorted({turn.feature for turn in turns})
    ways = [[turn for turn in turns if turn.feature == feature] for feature in features]
    mine = np.stack([np.all([turn.takes(own) for turn in way], axis=0) for way in ways])[:, :, None]
    theirs = np.stack([np.all([turn.takes(others) for turn in way], axis=0) for way in ways])[:, None, :]
    reached = (mine | theirs).all(axis=0)
    for_patient, for_background = mine & ~theirs & reached, theirs & ~mine & reached
    a, c = for_patient.sum(axis=0), for_background.sum(axis=0)
    most = len(features) + 1
    # of a + c features the order in which they are exchanged decides; the leaf's value hangs on the last of either kind
    gives = np.array([[_weight(i - 1, j) if i else 0.0 for j in range(most)] for i in range(most)])
    for place, feature in enumerate(features):
        shapley[:, feature] += value * (
            (for_patient[place] * gives[a, c]).sum(axis=1) - (for_background[place] * gives[c, a]).sum(axis=1)
        )


def _weight(i: int, j: int) -> float:
    return factorial(i) * factorial(j) / factorial(i + j + 1)


def splits(ensemble: Ensemble, features: int) -> Array:
    """(features,) by how much the values on either side of its splits differ, summed over the trees."""
    changes = np.zeros(features)
    for feature, value in zip(ensemble.feature, ensemble.value, strict=True):
        for node in np.flatnonzero(feature >= 0).tolist():
            left, right = (_mean(feature, value, child) for child in (2 * node + 1, 2 * node + 2))
            changes[feature[node]] += np.abs(left - right).max()
    return changes


def _mean(feature: Array, value: Array, node: int) -> Array:
    """Mean of the leaves under a node."""
    if feature[node] < 0:
        return np.asarray(value[node])
    return (_mean(feature, value, 2 * node + 1) + _mean(feature, value, 2 * node + 2)) / 2


def _leaves(
    feature: Array, last: Array, node: int = 0, turns: tuple[_Turn, ...] = ()
) -> Iterator[tuple[int, tuple[_Turn, ...]]]:
    """Each leaf, and the way to it."""
    if feature[node] < 0:
        yield node, turns
        return
    for right in (False, True):
        turn = _Turn(int(feature[node]), int(last[node]), right)
        yield from _leaves(feature, last, 2 * node + 1 + right, (*turns, turn))
