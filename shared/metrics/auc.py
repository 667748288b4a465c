"""Area under the ROC curve, exact, as a count of pairs; counts of several sites add up."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from shared.metrics.scores import split

Z_95 = 1.959963984540054
"""Standard normal quantile of 0.975."""


@dataclass(frozen=True)
class Concordance:
    """How often a positive patient scores above a negative one.

    Attributes
    ----------
    u : pairs in which the positive scores higher, ties counted as one half (Mann-Whitney U)
    positives, negatives : patients of each class
    """

    u: float
    positives: int
    negatives: int

    @property
    def pairs(self) -> int:
        """Pairs of one positive and one negative patient."""
        return self.positives * self.negatives

    @property
    def auc(self) -> float:
        """U over pairs; NaN where one class is missing."""
        return self.u / self.pairs if self.pairs else nan

    @property
    def null_variance(self) -> float:
        """Variance of U when score and class are independent, without ties (with ties it is smaller).

        Reference: Mann and Whitney, Ann Math Stat 18 (1947) 50.
        """
        return self.pairs * (self.positives + self.negatives + 1) / 12


def concordance(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> Concordance:
    """Mann-Whitney U by midranks, in O(n log n).

    Parameters
    ----------
    scores : (n,) any order-preserving scale
    positive : (n,) whether the patient is of the positive class

    Raises
    ------
    ValueError if a score is not finite or the shapes differ.
    """
    positives, negatives = split(scores, positive)
    ranks = rankdata(np.concatenate([positives, negatives]))
    rank_sum = float(ranks[: positives.size].sum())
    u = rank_sum - positives.size * (positives.size + 1) / 2
    return Concordance(u, positives.size, negatives.size)


@dataclass(frozen=True)
class StratifiedAuc:
    """AUC from pairs within sites only: recognizing a site earns nothing.

    Attributes
    ----------
    auc : sum of U over sum of pairs; NaN where no site has both classes
    pairs : number of pairs compared
    chance_low, chance_high : central 95 % range of the AUC of scores that know nothing of the class
        (normal approximation; exact variance without ties)
    """

    auc: float
    pairs: int
    chance_low: float
    chance_high: float


def stratified(sites: Iterable[Concordance]) -> StratifiedAuc:
    """Site-stratified AUC, sum of U_k over sum of n1_k n0_k; a site with one class adds nothing."""
    counted = [site for site in sites if site.pairs]
    pairs = sum(site.pairs for site in counted)
    if not pairs:
        return StratifiedAuc(nan, 0, nan, nan)
    half_width = Z_95 * sqrt(sum(site.null_variance for site in counted)) / pairs
    auc = sum(site.u for site in counted) / pairs
    return StratifiedAuc(auc, pairs, max(0.0, 0.5 - half_width), min(1.0, 0.5 + half_width))
