"""Families of intensities against sums written out."""

import numpy as np
import pytest

from client.imaging.radiomics.ibsi.discretization import Bins
from client.imaging.radiomics.ibsi.histogram import histogram
from client.imaging.radiomics.ibsi.local_intensity import local_intensity
from client.imaging.radiomics.ibsi.spatial_autocorrelation import spatial_autocorrelation
from client.imaging.radiomics.ibsi.statistics import STATISTICS, statistics
from client.imaging.radiomics.ibsi.volume_histogram import volume_histogram


def test_statistics_of_five_numbers() -> None:
    found = statistics(np.array([1.0, 2.0, 3.0, 4.0, 10.0]))
    assert set(found) == set(STATISTICS)
    expected = {
        "Mean": 4,
        "Variance": 10,
        "Skewness": (-27 - 8 - 1 + 0 + 216) / 5 / 10**1.5,
        "Kurtosis": (81 + 16 + 1 + 0 + 1296) / 5 / 100 - 3,  # the excess
        "Median": 3,
        "InterquartileRange": 2,
        "MeanAbsoluteDeviation": 2.4,
        "RobustMeanAbsoluteDeviation": 2 / 3,  # of 2, 3 and 4
        "MedianAbsoluteDeviation": (2 + 1 + 0 + 1 + 7) / 5,
        "CoefficientOfVariation": np.sqrt(10) / 4,
        "QuartileCoefficientOfDispersion": 2 / 6,
        "Energy": 130,
        "RootMeanSquared": np.sqrt(26),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_a_quotient_by_nothing_has_no_value() -> None:
    found = statistics(np.array([-1.0, 1.0]))
    assert np.isnan(found["CoefficientOfVariation"])
    assert np.isnan(found["QuartileCoefficientOfDispersion"])


def test_of_two_modes_the_one_nearer_to_the_mean() -> None:
    found = histogram(np.array([1, 1, 4, 4, 5, 6]), 6)
    assert found["Mode"] == 4
    # Voxels 2 0 0 2 1 1, gradients -2 -1 1 0.5 -0.5 0.
    assert (found["MaximumGradient"], found["MaximumGradientLevel"]) == (1, 3)
    assert (found["MinimumGradient"], found["MinimumGradientLevel"]) == (-2, 1)


def test_volume_and_intensity_fractions_of_ten_levels() -> None:
    found = volume_histogram(np.arange(1.0, 12.0), Bins(), (None, None))
    # Ten elevenths have at least a tenth of the span; the two highest levels at least nine tenths.
    assert found["VolumeAtIntensity10"] == pytest.approx(10 / 11)
    assert found["VolumeAtIntensity90"] == pytest.approx(2 / 11)
    assert found["IntensityAtVolume10"] == 11
    assert found["IntensityAtVolume90"] == 3
    assert found["IntensityDifference"] == 8


def test_the_range_of_resegmentation_is_the_span_of_intensities() -> None:
    values = np.array([0.0, 10.0, 20.0])
    assert volume_histogram(values, Bins(), (0, 200))["VolumeAtIntensity10"] == pytest.approx(1 / 3)
    assert volume_histogram(values, Bins(), (None, None))["VolumeAtIntensity10"] == pytest.approx(2 / 3)


def test_the_peak_is_the_mean_of_the_sphere_inside_the_image() -> None:
    voxels = np.zeros((15, 15, 15))
    voxels[7, 7, 7] = 100
    inside = np.zeros(voxels.shape, bool)
    inside[6:9, 6:9, 6:9] = True
    away = np.indices(voxels.shape) - 7
    sphere = (away**2).sum(axis=0) * 2.0**2 <= 6.2035**2
    found = local_intensity(voxels, inside, (2.0, 2.0, 2.0))
    assert found["LocalPeak"] == pytest.approx(100 / sphere.sum())
    corner = np.zeros((3, 3, 3))
    corner[0, 0, 0] = 100
    near = (np.indices(corner.shape) ** 2).sum(axis=0) * 5.0**2 <= 6.2035**2
    at_edge = local_intensity(corner, corner > 0, (5.0, 5.0, 5.0))
    assert at_edge["GlobalPeak"] == pytest.approx(100 / near.sum())


def test_moran_and_geary_are_the_sums_over_all_pairs() -> None:
    rng = np.random.default_rng(5)
    voxels, inside = rng.normal(3, 2, (4, 5, 6)), rng.random((4, 5, 6)) < 0.6
    spacing = np.array([2.0, 0.7, 1.1])
    places, values = np.argwhere(inside) * spacing, voxels[inside]
    apart = np.linalg.norm(places[:, None] - places[None, :], axis=-1)
    weight = np.divide(1, apart, out=np.zeros_like(apart), where=apart > 0)
    deviation = values - values.mean()
    count, square = len(values), (deviation**2).sum()
    moran = count / weight.sum() * (weight * np.outer(deviation, deviation)).sum() / square
    geary = (count - 1) / (2 * weight.sum()) * (weight * (values[:, None] - values) ** 2).sum() / square
    found = spatial_autocorrelation(voxels, inside, tuple(spacing))
    assert (found["MoranI"], found["GearyC"]) == pytest.approx((moran, geary))
