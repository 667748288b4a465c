"""Classes as normal distributions: linear and quadratic discriminant analysis, from one exchange of sums.

Reference: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), section 4.3.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from shared.arrays import Array, pack_symmetric, unpack_symmetric


@dataclass(frozen=True)
class Gaussians:
    """A normal distribution for each class.

    Attributes
    ----------
    log_priors : (classes,) of their frequencies in training
    means : (classes, features)
    covariances : (classes, features, features); all equal in linear discriminant analysis
    """

    log_priors: Array
    means: Array
    covariances: Array

    def log_likelihoods(self, z: Array) -> Array:
        """(patients, classes) log of prior times density, up to a constant."""
        away = z[:, None, :] - self.means
        whitened = np.linalg.solve(self.covariances, np.moveaxis(away, 0, -1))
        distances = np.einsum("nkf,kfn->nk", away, whitened)
        return np.asarray(self.log_priors - (distances + np.linalg.slogdet(self.covariances)[1]) / 2)

    def risks(self, z: Array) -> Array:
        """(patients, classes) probability of each class."""
        likelihoods = self.log_likelihoods(z)
        return np.asarray(np.exp(likelihoods - scipy.special.logsumexp(likelihoods, axis=1, keepdims=True)))


def sums(z: Array, classes: Array, k: int) -> dict[str, Array]:
    """One site's sums of one fit.

    Parameters
    ----------
    z : (patients, features) standardized
    classes : (patients,) 0 to k - 1
    k : number of classes

    Returns
    -------
    count (k,), sum (k, features), products (k, features (features + 1) / 2) packed
    """
    members = [z[classes == label] for label in range(k)]
    return {
        "count": np.array([len(rows) for rows in members], dtype=np.float64),
        "sum": np.stack([rows.sum(axis=0) for rows in members]),
        "products": np.stack([pack_symmetric(rows.T @ rows) for rows in members]),
    }


def linear(totals: dict[str, Array], shrinkage: float = 0.0) -> Gaussians:
    """Linear discriminant analysis: one covariance, that within classes.

    Parameters
    ----------
    totals : of all sites, as `sums`; the products may also be those of all classes together, (1, packed)
    shrinkage : 0 to 1, towards the mean variance on the diagonal

    Raises
    ------
    ValueError if a class has no patient, or the covariance is singular.
    """
    count, means, outer = _means(totals)
    covariance = (unpack_symmetric(totals["products"]).sum(axis=0) - outer.sum(axis=0)) / count.sum()
    features = covariance.shape[0]
    spread = np.trace(covariance) / features
    covariance = (1 - shrinkage) * covariance + shrinkage * spread * np.eye(features)
    covariances = np.broadcast_to(covariance, (len(count), features, features))
    return _regular(Gaussians(np.log(count / count.sum()), means, covariances))


def quadratic(totals: dict[str, Array], regularization: float = 0.0) -> Gaussians:
    """Quadratic discriminant analysis: a covariance for each class, of greatest likelihood (ddof 0).

    Parameters
    ----------
    totals : of all sites, as `sums`
    regularization : 0 to 1, towards the identity

    Raises
    ------
    ValueError if a class has fewer than two patients, or a covariance is singular.
    """
    count, means, outer = _means(totals)
    if (count < 2).any():
        raise ValueError("quadratic discriminant analysis needs at least two patients of each class")
    covariances = (unpack_symmetric(totals["products"]) - outer) / count[:, None, None]
    covariances = (1 - regularization) * covariances + regularization * np.eye(means.shape[1])
    return _regular(Gaussians(np.log(count / count.sum()), means, covariances))


def _means(totals: dict[str, Array]) -> tuple[Array, Array, Array]:
    """Patients and means of the classes, and the products of the means."""
    count = totals["count"]
    if (count < 1).any():
        raise ValueError("discriminant analysis needs patients of each class")
    means = totals["sum"] / count[:, None]
    return count, means, count[:, None, None] * means[:, :, None] * means[:, None, :]


def _regular(model: Gaussians) -> Gaussians:
    features = model.means.shape[1]
    if (np.linalg.matrix_rank(model.covariances, hermitian=True) < features).any():
        raise ValueError(
            f"a covariance of {features} features is singular: select fewer features, or shrink or regularize it"
        )
    return model
