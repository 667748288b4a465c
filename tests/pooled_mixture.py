"""scikit-learn's Gaussian mixture on pooled voxels, from a start and over a number of rounds that are ours."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

from shared.clustering.gaussian_mixture import REGULARIZATION, Mixture


def pooled_mixture(vectors: NDArray[np.float64], start: Mixture, rounds: int) -> GaussianMixture:
    """Fit it.

    Parameters
    ----------
    vectors : (n, d) scaled voxels of all sites
    start : from which it begins
    rounds : of expectation and maximization, too few to converge
    """
    reference = GaussianMixture(
        len(start.weights),
        tol=0,
        max_iter=rounds,
        reg_covar=REGULARIZATION,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=np.linalg.inv(start.covariances),
    )
    with pytest.warns(match="did not converge"):
        return reference.fit(vectors)
