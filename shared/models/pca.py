"""Principal components from one exchange of sums.

Signs as scikit-learn's: in each component the loading of largest size is positive.
"""

from dataclasses import dataclass

import numpy as np

from shared.arrays import Array, pack_symmetric, unpack_symmetric


@dataclass(frozen=True)
class Components:
    """Directions of largest variance, largest first.

    Attributes
    ----------
    mean : (features,)
    loadings : (components, features) orthonormal rows
    variances : (components,) ddof 1
    explained : (components,) share of the total variance
    """

    mean: Array
    loadings: Array
    variances: Array
    explained: Array

    def scores(self, z: Array) -> Array:
        """(patients, components) place of each patient."""
        return np.asarray((z - self.mean) @ self.loadings.T)


def sums(z: Array) -> dict[str, Array]:
    """One site's sums.

    Parameters
    ----------
    z : (patients, features) standardized

    Returns
    -------
    count (), sum (features,), products (features (features + 1) / 2,) packed
    """
    return {"count": np.float64(len(z)), "sum": z.sum(axis=0), "products": pack_symmetric(z.T @ z)}


def components(totals: dict[str, Array], keep: int) -> Components:
    """Principal components from the sums of all sites.

    Parameters
    ----------
    totals : as `sums`
    keep : how many; at most as many as there are features

    Raises
    ------
    ValueError if there are fewer than two patients.
    """
    count = float(totals["count"])
    if count < 2:
        raise ValueError("principal components need at least two patients")
    mean = totals["sum"] / count
    covariance = (unpack_symmetric(totals["products"]) - count * np.outer(mean, mean)) / (count - 1)
    values, vectors = np.linalg.eigh(covariance)
    loadings, variances = vectors.T[::-1][:keep], np.maximum(values[::-1][:keep], 0.0)
    largest = np.abs(loadings).argmax(axis=1)
    signs = np.sign(loadings[np.arange(len(loadings)), largest])
    total = max(np.trace(covariance), np.finfo(float).tiny)
    return Components(mean, loadings * signs[:, None], variances, variances / total)
