"""More than two classes: one-against-rest and one-against-one AUC as pair counts, and the confusion matrix.

References: Provost and Domingos (2000) for one against rest; Hand and Till, Mach Learn 45 (2001) 171.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.metrics.auc import Concordance, concordance, stratified


def one_against_rest(risks: NDArray[np.float64], classes: NDArray[np.int64]) -> list[Concordance]:
    """Pairs of one site, for each class against all others by that class's risk.

    Parameters
    ----------
    risks : (n, k) predicted risk of each class
    classes : (n,) 0 to k - 1
    """
    return [concordance(risks[:, label], classes == label) for label in range(risks.shape[1])]


def one_against_one(risks: NDArray[np.float64], classes: NDArray[np.int64]) -> list[list[Concordance]]:
    """Pairs of one site, for each ordered pair of classes (i, j) by the risk of i.

    Parameters
    ----------
    risks : (n, k) predicted risk of each class
    classes : (n,) 0 to k - 1

    Returns
    -------
    k lists of k; the diagonal counts no pairs
    """
    k = risks.shape[1]

    def against(i: int, j: int) -> Concordance:
        if i == j:
            return Concordance(0.0, 0, 0)
        either = (classes == i) | (classes == j)
        return concordance(risks[either, i], classes[either] == i)

    return [[against(i, j) for j in range(k)] for i in range(k)]


def macro_auc(sites: Sequence[Sequence[Concordance]]) -> float:
    """Mean over classes of the site-stratified one-against-rest AUC.

    Parameters
    ----------
    sites : of each site, `one_against_rest`; NaN if a class has no pair at any site
    """
    return float(np.mean([stratified(one_class).auc for one_class in zip(*sites, strict=True)]))


def hand_till(sites: Sequence[Sequence[Sequence[Concordance]]]) -> float:
    """Hand and Till's M: mean over pairs of classes of the site-stratified AUC, both risks averaged.

    Parameters
    ----------
    sites : of each site, `one_against_one`; NaN if a pair of classes has no pair of patients at any site
    """
    k = len(sites[0])
    directed = [stratified(site[i][j] for site in sites).auc for i in range(k) for j in range(k) if i != j]
    return float(np.mean(directed))


def confusion_matrix(called: NDArray[np.int64], classes: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """(k, k) patients of one site by class (rows) and call (columns); sites add up.

    Parameters
    ----------
    called, classes : (n,) 0 to k - 1
    k : number of classes
    """
    return np.bincount(classes * k + called, minlength=k * k).reshape(k, k)


def recall(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """(k,) share of each class that is called rightly; NaN for a class without patients."""
    patients = matrix.sum(1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(patients > 0, np.diag(matrix) / patients, np.nan), dtype=np.float64)
