"""Federated expectation maximization against scikit-learn on the pooled voxels."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from shared.clustering.gaussian_mixture import (
    Mixture,
    bic,
    expectation,
    from_clusters,
    log_densities,
    maximization,
)
from shared.errors import MrfedError
from tests.pooled_mixture import pooled_mixture


def voxels(seed, d=3):
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 2, (3, d))
    return np.vstack([rng.normal(c, 0.8, (60, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d))) for c in centres])


def begin(vectors, k, seed):
    centroids = vectors[np.random.default_rng(seed).choice(len(vectors), k, replace=False)]
    return maximization(from_clusters(vectors, np.ones(len(vectors)), centroids))


@given(seed=st.integers(0, 10_000), k=st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_the_mixture_equals_pooled_scikit_learn(seed, k):
    vectors = voxels(seed)
    mixture = begin(vectors, k, seed)
    reference = pooled_mixture(vectors, mixture, 6)
    parts = np.array_split(vectors, [30, 110])
    for _ in range(6):
        mixture = maximization(reduce(add, [expectation(part, np.ones(len(part)), mixture) for part in parts]))
    np.testing.assert_allclose(mixture.means, reference.means_, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(mixture.covariances, reference.covariances_, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(mixture.weights, reference.weights_, rtol=1e-9)
    likelihood = expectation(vectors, np.ones(len(vectors)), mixture).log_likelihood
    assert likelihood == pytest.approx(reference.score(vectors) * len(vectors), rel=1e-9)
    assert bic(likelihood, mixture, len(vectors)) == pytest.approx(reference.bic(vectors), rel=1e-9)


def test_a_weight_is_a_repetition():
    vectors = voxels(1)
    times = np.random.default_rng(0).integers(1, 4, len(vectors))
    mixture = begin(vectors, 3, 0)
    weighted = expectation(vectors, times.astype(float), mixture)
    repeated = expectation(np.repeat(vectors, times, axis=0), np.ones(times.sum()), mixture)
    np.testing.assert_allclose(weighted.second, repeated.second, rtol=1e-10)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)


def test_densities_are_scipys():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 1], [2, 3]]), np.array([np.eye(2), [[2, 0.5], [0.5, 1]]]))
    at = np.array([[0.5, 0.5], [2, 2]])
    for column, (share, mean, covariance) in enumerate(
        zip(mixture.weights, mixture.means, mixture.covariances, strict=True)
    ):
        expected = np.log(share) + multivariate_normal(mean, covariance).logpdf(at)
        np.testing.assert_allclose(log_densities(at, mixture)[:, column], expected, rtol=1e-12)


def test_likelihood_never_falls():
    vectors = voxels(5)
    mixture, before = begin(vectors, 3, 2), -np.inf
    for _ in range(10):
        sums = expectation(vectors, np.ones(len(vectors)), mixture)
        assert sums.log_likelihood >= before - 1e-6
        before, mixture = sums.log_likelihood, maximization(sums)


def test_an_empty_component_is_an_error():
    sums = from_clusters(np.zeros((5, 2)), np.ones(5), np.array([[0.0, 0], [9, 9]]))
    with pytest.raises(MrfedError, match="ask for fewer"):
        maximization(sums)
