"""The whole course of exchanges, over sites that see sums only, against scikit-learn on the pooled voxels."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from shared.clustering import clusterings
from shared.clustering.clusters import Clusters
from shared.clustering.gaussian_mixture import from_clusters, maximization
from shared.clustering.start import Moments, cell_sums, start
from shared.errors import Code, MrfedError
from shared.sections.radiomics import Habitats
from tests.pooled_mixture import pooled_mixture
from tests.shared.clustering.voxels_of_sites import pooled, sites


def add(answers):
    return {name: np.sum([answer[name] for answer in answers], axis=0) for name in answers[0]}


def run(habitats, parts, left_out=(None,)):
    """What coordinator and sites do together: totals of every exchange, and where the searches end."""
    inside = [[site != number for site in left_out] for number in range(len(parts))]
    totals = [add([clusterings.moments(*both) for both in zip(parts, inside, strict=True)])]
    totals.append(add([clusterings.cells(*both, totals[0]) for both in zip(parts, inside, strict=True)]))
    searches = clusterings.searches(habitats, totals[0], totals[1], [])
    while not clusterings.finished(searches):
        totals.append(add([clusterings.rounds(*both, searches) for both in zip(parts, inside, strict=True)]))
        searches = clusterings.searches(habitats, totals[0], totals[1], totals[2:])
    return totals, clusterings.conclude(searches)


@pytest.fixture(scope="module")
def parts():
    return sites(7)


def reference_of(habitats, parts, k, rounds):
    vectors, weights = pooled(parts)
    moments = Moments.of(vectors, weights)
    begin = start(*cell_sums(vectors, weights, moments), k, habitats.seed)
    reference = KMeans(k, init=begin, n_init=1, tol=0, max_iter=rounds)
    return reference.fit(moments.scaled(vectors), sample_weight=weights)


def test_k_means_ends_where_pooled_scikit_learn_ends(parts):
    habitats = Habitats(maps=("a", "b", "c"), clusters=(4,))
    totals, (clusters,) = run(habitats, parts)
    assert 3 <= len(totals) <= 12
    reference = reference_of(habitats, parts, 4, len(totals) - 2)
    order = np.argsort(reference.cluster_centers_[:, 0])
    np.testing.assert_allclose(clusters.centroids, reference.cluster_centers_[order], rtol=1e-9, atol=1e-9)
    vectors, _ = pooled(parts)
    np.testing.assert_array_equal(clusters.label(vectors), 1 + np.argsort(order)[reference.labels_])
    means = clusters.mean + clusters.centroids * clusters.scale
    np.testing.assert_allclose(clusters.means, means)


def test_each_left_out_site_has_its_own_clusters_in_the_same_exchanges(parts):
    habitats = Habitats(maps=("a", "b", "c"), clusters=(3,))
    totals, by_omission = run(habitats, parts, (None, 0, 1, 2))
    assert len(totals) <= 12
    assert len(by_omission) == 4
    for left_out, clusters in zip((None, 0, 1, 2), by_omission, strict=True):
        others = [part for number, part in enumerate(parts) if number != left_out]
        reference = reference_of(habitats, others, 3, len(totals) - 2)
        order = np.argsort(reference.cluster_centers_[:, 0])
        np.testing.assert_allclose(clusters.centroids, reference.cluster_centers_[order], rtol=1e-9, atol=1e-9)


def test_a_mixture_ends_where_pooled_scikit_learn_ends(parts):
    habitats = Habitats(maps=("a", "b", "c"), clusters=(3,), model="gaussian_mixture", criterion="bic", iterations=6)
    equal = [(vectors, np.ones(len(vectors))) for vectors, _ in parts]  # scikit-learn's mixtures have no weights
    totals, (clusters,) = run(habitats, equal)
    assert len(totals) == 2 + 6
    vectors, weights = pooled(equal)
    moments = Moments.of(vectors, weights)
    scaled = moments.scaled(vectors)
    first = maximization(from_clusters(scaled, weights, start(*cell_sums(vectors, weights, moments), 3, 1)))
    reference = pooled_mixture(scaled, first, 5)
    order = np.argsort(reference.means_[:, 0])
    np.testing.assert_allclose(clusters.centroids, reference.means_[order], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(clusters.mixture.covariances, reference.covariances_[order], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(clusters.label(vectors), 1 + np.argsort(order)[reference.predict(scaled)])


@pytest.mark.parametrize(("model", "criterion"), [("kmeans", "calinski_harabasz"), ("gaussian_mixture", "bic")])
@pytest.mark.slow
def test_the_criterion_finds_how_many_there_are(model, criterion):
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0], [8, 0], [0, 8]])
    parts = []
    for _ in range(3):
        patients = [np.vstack([rng.normal(c, 1, (60, 2)) for c in centres]) for _ in range(40)]
        parts.append((np.vstack(patients), np.full(40 * 180, 1 / 180)))
    habitats = Habitats(maps=("a", "b"), clusters=(2, 3, 5), model=model, criterion=criterion)
    _, by_omission = run(habitats, parts, (None, 1))
    assert [clusters.count for clusters in by_omission] == [3, 3], "as many without a site as with all"
    assert (np.diff(by_omission[0].centroids[:, 0]) > 0).all()


def test_all_numbers_travel_in_the_same_exchange(parts):
    habitats = Habitats(maps=("a", "b", "c"), clusters=(3,))
    several = Habitats(maps=("a", "b", "c"), clusters=(2, 3, 4))
    totals, _ = run(several, parts)
    assert totals[2]["first"].shape == (1, 3, 4, 3)
    assert (totals[2]["weight"][0, 0, 2:] == 0).all()
    assert totals[2]["second"].size == 0, "of mixtures only"
    alone, _ = run(habitats, parts)
    rounds = min(len(totals), len(alone))
    np.testing.assert_array_equal(totals[rounds - 1]["first"][0, 1, :3], alone[rounds - 1]["first"][0, 0])


def test_it_stops_when_nothing_moves():
    parts = [
        (np.repeat([[0.0], [1.0]], 20, axis=0) + np.random.default_rng(n).normal(0, 0.01, (40, 1)), np.full(40, 1 / 40))
        for n in range(3)
    ]
    habitats = Habitats(maps=("a",), clusters=(2,))
    totals, (clusters,) = run(habitats, parts)
    assert len(totals) == 3
    assert clusters.count == 2


def test_clusters_are_numbered_by_the_first_map():
    moments = Moments(1.0, np.zeros(2), np.eye(2), 10.0)
    clusters = Clusters.of(moments, np.array([[3.0, 0], [-1, 5], [1, 1]]))
    np.testing.assert_array_equal(clusters.centroids[:, 0], [-1, 1, 3])
    np.testing.assert_array_equal(clusters.label(np.array([[2.9, 0.1], [-1, 4]])), [3, 1])


def test_voxels_that_are_all_alike_have_no_habitats():
    parts = [(np.zeros((20, 1)), np.full(20, 1 / 20)) for _ in range(3)]
    with pytest.raises(MrfedError, match=r"differ too little for 2 habitats; ask for 1 or fewer") as caught:
        run(Habitats(maps=("a",), clusters=(2,)), parts)
    assert caught.value.code is Code.NOT_CONVERGED


def test_nothing_is_concluded_before_the_first_round(parts):
    habitats = Habitats(maps=("a", "b", "c"))
    totals, _ = run(habitats, parts)
    with pytest.raises(MrfedError, match="made no round"):
        clusterings.conclude(clusterings.searches(habitats, totals[0], totals[1], []))
