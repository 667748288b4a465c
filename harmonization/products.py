"""Products of features with each other, summed: the covariance of all patients without any of them."""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Labels
from harmonization.errors import HarmonizationError
from harmonization.sums import Sums


@dataclass(frozen=True)
class Products(Sums):
    """Sums of products of features about an agreed centre; those of sites add up. May carry leading axes (fits)."""

    count: Array
    """(...) patients"""
    total: Array
    """(..., f) sums"""
    second: Array
    """(..., f (f + 1) / 2) products, upper triangle by rows"""
    within: Array
    """(..., f (f + 1) / 2) the same, centred within each batch"""


def site_products(x: Array, batch: Labels) -> Products:
    """Sums of one site, for one fit: all that leaves it.

    Parameters
    ----------
    x : (n, f) features of the site's patients, about an agreed centre
    batch : (n,) labels

    Raises
    ------
    HarmonizationError if a value is missing: a covariance of the patients who happen to have both features
    need not be one.
    """
    if not np.isfinite(x).all():
        raise HarmonizationError(
            "products of features need every feature of every patient; leave out features with missing values"
        )
    upper = np.triu_indices(x.shape[1])
    within = np.zeros((x.shape[1],) * 2)
    for label in np.unique(batch):
        centred = x[batch == label] - x[batch == label].mean(axis=0)
        within += centred.T @ centred
    return Products(
        count=np.array(float(len(x))),
        total=x.sum(axis=0),
        second=(x.T @ x)[upper],
        within=within[upper],
    )


def covariance(products: Products) -> Array:
    """(f, f) covariance over all patients (ddof 1).

    Parameters
    ----------
    products : summed over all sites, of one fit
    """
    n = float(products.count)
    mean = products.total / n
    return np.asarray((square(products.second) - n * np.outer(mean, mean)) / (n - 1))


def square(upper: Array) -> Array:
    """(f, f) symmetric matrix of an upper triangle by rows."""
    f = int(np.sqrt(2 * len(upper)))
    full = np.zeros((f, f))
    full[np.triu_indices(f)] = upper
    return full + np.triu(full, 1).T
