import numpy as np
import pytest
from scipy import stats

from client.imaging.maps.quantity import Quantity, Volume
from client.imaging.maps.region_summary import region_summary

UNIT = Quantity("example", "1", 0, 64)


def test_moments_and_percentiles_equal_scipys() -> None:
    values = np.random.default_rng(0).gamma(2, 4, 500).astype(np.float32)
    summary = region_summary(Volume(UNIT, values), np.ones(500, dtype=bool))
    inside = values[values <= 64].astype(float)
    assert summary["mean"] == pytest.approx(inside.mean())
    assert summary["skewness"] == pytest.approx(stats.skew(inside))
    assert summary["excess_kurtosis"] == pytest.approx(stats.kurtosis(inside))
    assert summary["p90"] == pytest.approx(np.percentile(inside, 90))


def test_entropy_of_two_equal_halves_is_one_bit() -> None:
    summary = region_summary(Volume(UNIT, np.array([3.5, 3.5, 40.5, 40.5])), np.ones(4, dtype=bool))
    assert summary["entropy"] == 1.0


def test_missing_and_impossible_values_are_left_out() -> None:
    values = np.array([10.0, 10, np.nan, -5, 1000])
    volume, region = Volume(UNIT, values), np.array([True, True, True, True, False])
    assert volume.out_of_range_fraction(region) == 0.5
    summary = region_summary(volume, region)
    assert summary["mean"] == 10
    assert summary["skewness"] == 0


def test_an_empty_region_has_no_numbers() -> None:
    summary = region_summary(Volume(UNIT, np.ones(3)), np.zeros(3, dtype=bool))
    assert all(np.isnan(value) for value in summary.values())


def test_the_same_names_whatever_the_region() -> None:
    volume = Volume(UNIT, np.ones(3))
    full, empty = (region_summary(volume, np.full(3, inside)) for inside in (True, False))
    assert full.keys() == empty.keys()
