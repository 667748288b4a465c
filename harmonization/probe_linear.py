"""A linear classifier that guesses the site, from sums: discriminant analysis with a metric agreed once.

The metric is the regularized covariance of the features before harmonization, over all patients and without
any label, so it is summed once; each trial (fold, table, permuted labels) then costs the classes' means only. Any
metric makes a linear classifier, so the probe stays valid where the metric is not the best.

Reference: Friedman, J Am Stat Assoc 84 (1989) 165 (regularized discriminant analysis).
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Rows
from harmonization.products import Products, covariance


@dataclass(frozen=True)
class Discriminant:
    """Scores of K classes, linear in f features."""

    weights: Array
    """(f, K)"""
    bias: Array
    """(K,)"""

    def probabilities(self, u: Array) -> Array:
        """(n, K) of patients with features u (n, f)."""
        scores = u @ self.weights + self.bias
        likelihood = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(likelihood / likelihood.sum(axis=1, keepdims=True))


def metric(products: Products) -> Array:
    """Inverse of the covariance, drawn towards its diagonal the more, the more features a patient has.

    Parameters
    ----------
    products : of features in units of their deviations, over all sites

    Returns
    -------
    (f, f)
    """
    spread = covariance(products)
    f = len(spread)
    drawn = f / (f + float(products.count))
    diagonal = np.diag(np.where(np.diagonal(spread) > 0, np.diagonal(spread), 1.0))
    return np.asarray(np.linalg.inv((1 - drawn) * spread + drawn * diagonal))


def class_sums(u: Array, label: Rows, classes: int) -> Array:
    """Sums of one site, for one trial.

    Parameters
    ----------
    u : (n, f) features of the trial's training patients, in agreed deviations
    label : (n,) number of the class to guess
    classes : K

    Returns
    -------
    (K, 1 + f) patients of each class, and the sums of their features; those of sites add up
    """
    member = (label[:, None] == np.arange(classes)).astype(np.float64)
    return np.column_stack([member.sum(axis=0), member.T @ u])


def discriminant(sums: Array, inverse: Array) -> Discriminant:
    """Solve one trial.

    Parameters
    ----------
    sums : (K, 1 + f) over all sites
    inverse : `metric`
    """
    count = sums[:, 0]
    mean = sums[:, 1:] / np.maximum(count, 1)[:, None]
    centre = sums[:, 1:].sum(axis=0) / count.sum()
    weights = inverse @ (mean - centre).T
    with np.errstate(divide="ignore"):
        prior = np.log(count / count.sum())
    return Discriminant(weights, prior - 0.5 * np.einsum("kf,fk->k", mean + centre, weights))
