import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.radiomics.extract import extract
from client.imaging.radiomics.habitats import (
    contact_areas_mm2,
    habitat_features,
    habitat_map,
    habitat_names,
    habitat_regions,
    voxel_vectors,
)
from client.imaging.radiomics.missing import Missing
from client.imaging.radiomics.settings import Settings
from shared.clustering.clusters import Clusters
from shared.clustering.gaussian_mixture import from_clusters, maximization
from shared.clustering.kmeans import cluster_sums, moved
from shared.clustering.start import Moments
from tests.client.imaging.radiomics.conftest import SHAPE, SPACING_MM

NAMES = ("wash_in", "adc")


@pytest.fixture(scope="module")
def maps(tumour):
    """A rim that washes in fast with a low ADC around a slow core."""
    rng = np.random.default_rng(0)
    core = np.indices(SHAPE)[2] < 17
    wash_in = np.where(core, 1.0, 3.0) + rng.normal(0, 0.2, SHAPE)
    adc = np.where(core, 1.6e-3, 0.9e-3) + rng.normal(0, 1e-4, SHAPE)
    return {"wash_in": wash_in.astype(np.float32), "adc": adc.astype(np.float32)}


@pytest.fixture(scope="module")
def moments(maps, tumour):
    voxels = voxel_vectors(maps, NAMES, tumour)
    return Moments.of(voxels.vectors, voxels.weights)


@pytest.fixture(scope="module")
def model(maps, tumour, moments):
    voxels = voxel_vectors(maps, NAMES, tumour)
    scaled = moments.scaled(voxels.vectors)
    centroids = np.array([[1.0, -1.0], [-1.0, 1.0]])
    for _ in range(5):
        centroids = moved(cluster_sums(scaled, voxels.weights, centroids), centroids)
    return Clusters.of(moments, centroids)


def test_habitats_are_numbered_by_the_first_map(maps, tumour, model):
    habitats = habitat_map(model, voxel_vectors(maps, NAMES, tumour))
    assert maps["wash_in"][habitats == 1].mean() < maps["wash_in"][habitats == 2].mean()
    np.testing.assert_array_equal(habitats > 0, tumour > 0)
    core = (np.indices(SHAPE)[2] < 17) & (tumour > 0)
    np.testing.assert_array_equal(habitats == 1, core)


def test_the_order_of_the_centroids_does_not_matter(maps, tumour, moments, model):
    turned = Clusters.of(moments, model.centroids[::-1])
    voxels = voxel_vectors(maps, NAMES, tumour)
    np.testing.assert_array_equal(habitat_map(turned, voxels), habitat_map(model, voxels))


def test_a_mixture_finds_the_same_two_parts(maps, tumour, moments, model):
    voxels = voxel_vectors(maps, NAMES, tumour)
    scaled = moments.scaled(voxels.vectors)
    mixture = maximization(from_clusters(scaled, voxels.weights, model.centroids[::-1]))
    computed = Clusters.of(moments, mixture)
    assert computed.count == 2
    np.testing.assert_array_equal(habitat_map(computed, voxels), habitat_map(model, voxels))


def test_fractions_and_contact():
    # Two columns of habitat 1 beside one of habitat 2, in one slice: 4, 4 voxels of 1 and 4 of 2.
    habitats = np.zeros((3, 6, 5), np.uint8)
    habitats[1, 1:5, 1:3] = 1
    habitats[1, 1:5, 3] = 2
    computed = habitat_features(habitats, (3.0, 1.0, 0.5), 3)
    assert computed == {
        "original_habitats_Fraction1": pytest.approx(2 / 3),
        "original_habitats_Fraction2": pytest.approx(1 / 3),
        "original_habitats_Fraction3": 0.0,
        "original_habitats_Contact12": 1.0,
        "original_habitats_Contact13": 0.0,
        "original_habitats_Contact23": 0.0,
    }
    areas = contact_areas_mm2(habitats, (3.0, 1.0, 0.5), 3)
    assert areas[0, 1] == areas[1, 0] == 4 * 3.0 * 1.0  # four faces of 3 mm x 1 mm
    # Within habitat 1: four faces across x, six across y.
    assert areas[0, 0] == pytest.approx(4 * 3.0 * 1.0 + 6 * 3.0 * 0.5)


@given(seed=st.integers(0, 1000), k=st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_shares_sum_to_one(seed, k):
    habitats = np.random.default_rng(seed).integers(0, k + 1, (4, 5, 6)).astype(np.uint8)
    computed = habitat_features(habitats, (2.0, 1.0, 1.0), k)
    assert tuple(computed) == habitat_names(k)
    fractions = [value for name, value in computed.items() if "Fraction" in name]
    contacts = [value for name, value in computed.items() if "Contact" in name]
    assert sum(fractions) == pytest.approx(1)
    assert sum(contacts) == pytest.approx(1)


def test_a_tumour_of_one_habitat_has_no_contact():
    one = habitat_features(np.ones((2, 2, 2), np.uint8), (1.0, 1.0, 1.0), 2)
    assert one["original_habitats_Contact12"] is Missing.UNDEFINED
    assert one["original_habitats_Fraction2"] == 0.0


def test_what_makes_habitats_missing(maps, tumour):
    assert voxel_vectors({"wash_in": maps["wash_in"]}, NAMES, tumour) is Missing.NO_IMAGE
    assert voxel_vectors(maps | {"adc": maps["adc"][1:]}, NAMES, tumour) is Missing.GRIDS_DIFFER
    assert voxel_vectors(maps, NAMES, tumour * 0) is Missing.EMPTY_REGION
    assert voxel_vectors(maps | {"adc": np.full(SHAPE, np.nan)}, NAMES, tumour) is Missing.NOT_FINITE
    assert set(habitat_features(Missing.NO_IMAGE, (1.0, 1.0, 1.0), 2).values()) == {Missing.NO_IMAGE}


def test_a_voxel_without_a_value_belongs_to_no_habitat(maps, tumour, model):
    holes = maps["adc"].copy()
    place = tuple(np.argwhere(tumour)[5])
    holes[place] = np.nan
    habitats = habitat_map(model, voxel_vectors(maps | {"adc": holes}, NAMES, tumour))
    assert habitats[place] == 0
    assert (habitats > 0).sum() == tumour.sum() - 1


def test_features_are_taken_in_each_habitat(maps, tumour, model, textured):
    habitats = habitat_map(model, voxel_vectors(maps, NAMES, tumour))
    regions = habitat_regions(habitats, 3)
    settings = Settings({"setting": {"binWidth": 25}, "imageType": {"Original": {}}})
    features = extract(textured, SPACING_MM, regions, settings)
    mean = "original_firstorder_Mean"
    assert features["habitat_1"].values[mean] == pytest.approx(textured[habitats == 1].mean(dtype=float))
    assert set(features["habitat_3"].missing.values()) == {Missing.EMPTY_REGION}
