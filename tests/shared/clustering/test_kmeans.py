"""Federated sums against scikit-learn on the pooled voxels."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score

from shared.clustering.kmeans import calinski_harabasz, cluster_sums, moved, nearest
from shared.clustering.start import CELLS, Moments, cell_sums, principal_axes, start
from tests.shared.clustering.voxels_of_sites import pooled, sites


def federated(parts, centroids, rounds):
    for _ in range(rounds):
        sums = reduce(add, [cluster_sums(vectors, weights, centroids) for vectors, weights in parts])
        centroids = moved(sums, centroids)
    return centroids


@given(seed=st.integers(0, 10_000), k=st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_centroids_equal_pooled_scikit_learn(seed, k):
    parts = sites(seed)
    vectors, weights = pooled(parts)
    begin = vectors[np.random.default_rng(seed).choice(len(vectors), k, replace=False)]
    reference = KMeans(k, init=begin, n_init=1, tol=0, max_iter=200).fit(vectors, sample_weight=weights)
    if len(np.unique(reference.labels_)) < k:
        return  # scikit-learn moves an empty cluster elsewhere
    centroids = federated(parts, begin, reference.n_iter_)
    np.testing.assert_allclose(centroids, reference.cluster_centers_, rtol=1e-9, atol=1e-12)
    sums = reduce(add, [cluster_sums(*part, centroids) for part in parts])
    assert sums.inertia == pytest.approx(reference.inertia_, rel=1e-9)
    np.testing.assert_array_equal(nearest(vectors, centroids)[0], reference.labels_)


def test_a_patient_weighs_one_whatever_her_voxels():
    small, large = np.array([[0.0], [1.0]]), np.full((1000, 1), 3.0)
    sums = cluster_sums(small, np.full(2, 0.5), np.zeros((1, 1))) + cluster_sums(
        large, np.full(1000, 1e-3), np.zeros((1, 1))
    )
    # Means 0.5 and 3 of two patients.
    assert moved(sums, np.zeros((1, 1))) == pytest.approx(1.75)
    assert sums.weight == pytest.approx(2)


def test_a_centroid_without_voxels_stays():
    sums = cluster_sums(np.array([[0.0], [1.0]]), np.ones(2), np.array([[0.0], [50.0]]))
    np.testing.assert_array_equal(moved(sums, np.array([[0.0], [50.0]])), [[0.5], [50.0]])


def test_calinski_harabasz_equals_scikit_learn():
    vectors, _ = pooled(sites(4))
    model = KMeans(3, n_init=1, random_state=0, tol=0).fit(vectors)
    sums = cluster_sums(vectors, np.ones(len(vectors)), model.cluster_centers_)
    merit = calinski_harabasz(sums, model.cluster_centers_, len(vectors))
    assert merit == pytest.approx(calinski_harabasz_score(vectors, model.labels_), rel=1e-9)


def test_moments_of_sites_are_those_of_all():
    parts = sites(1)
    vectors, weights = pooled(parts)
    moments = reduce(add, [Moments.of(*part) for part in parts])
    mean = np.average(vectors, axis=0, weights=weights)
    np.testing.assert_allclose(moments.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(vectors.T, aweights=weights, ddof=0), rtol=1e-10)
    scaled = moments.scaled(vectors)
    np.testing.assert_allclose(weights @ scaled, 0, atol=1e-9)
    np.testing.assert_allclose(weights @ scaled**2 / weights.sum(), 1, rtol=1e-9)
    assert moments.voxels == len(vectors)


def test_a_map_that_does_not_vary_is_not_divided_by_zero():
    vectors = np.column_stack([np.full(50, 7.3), np.arange(50.0)])
    moments = Moments.of(vectors, np.ones(50))
    assert moments.standard_deviation[0] == 1
    assert np.isfinite(moments.scaled(vectors)).all()
    weight, total = cell_sums(vectors, np.ones(50), moments)
    assert np.isfinite(start(weight, total, 3, 1)).all()


@pytest.mark.parametrize("d", [1, 2, 4])
def test_cells_add_up_and_do_not_depend_on_who_holds_the_voxels(d):
    parts = sites(2, d=d)
    vectors, weights = pooled(parts)
    moments = Moments.of(vectors, weights)
    weight, total = (np.sum(sums, axis=0) for sums in zip(*[cell_sums(*part, moments) for part in parts], strict=True))
    together = cell_sums(vectors, weights, moments)
    np.testing.assert_allclose(weight, together[0], rtol=1e-12)
    np.testing.assert_allclose(total, together[1], rtol=1e-9, atol=1e-12)
    assert len(weight) == np.prod(CELLS[: min(d, 2)])
    assert weight.sum() == pytest.approx(weights.sum())
    np.testing.assert_allclose(total.sum(axis=0), 0, atol=1e-9)


def test_principal_axes_have_one_sign():
    vectors, weights = pooled(sites(3))
    axes, spread = principal_axes(Moments.of(vectors, weights))
    assert (axes[np.abs(axes).argmax(axis=0), range(2)] > 0).all()
    assert spread[0] >= spread[1] > 0


def test_the_start_is_the_tightest_whatever_the_seed_and_a_few_voxels_say():
    random = np.random.default_rng(0)
    weight = random.uniform(1, 5, 32)
    points = random.normal(size=(32, 2))
    best = KMeans(3, n_init=100, random_state=0).fit(points, sample_weight=weight).inertia_
    for seed in range(20):
        moved_on = weight * (1 + 1e-3 * random.normal(size=32))
        moved_start = start(moved_on, moved_on[:, None] * points, 3, seed)
        assert cluster_sums(points, weight, moved_start).inertia == pytest.approx(best, rel=1e-4)
        assert (np.diff(moved_start[:, 0]) > 0).all()


def test_the_start_leads_to_clusters_as_good_as_scikit_learns_own():
    ratios = []
    for seed in range(12):
        parts = sites(seed)
        vectors, weights = pooled(parts)
        moments = Moments.of(vectors, weights)
        scaled = moments.scaled(vectors)
        begin = start(*cell_sums(vectors, weights, moments), 4, seed=1)
        assert np.array_equal(begin, start(*cell_sums(vectors, weights, moments), 4, seed=1))
        ended = federated([(scaled, weights)], begin, 10)
        best = KMeans(4, n_init=10, random_state=0).fit(scaled, sample_weight=weights).inertia_
        ratios.append(cluster_sums(scaled, weights, ended).inertia / best)
    assert np.median(ratios) < 1.02
    assert max(ratios) < 1.5
