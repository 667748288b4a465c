"""Wash-in, washout, signal enhancement ratio, curve type, time to peak, maximum slope: by hand."""

import numpy as np
import pytest

from client.imaging.maps.curve_type import CurveType, curve_type
from client.imaging.maps.maximum_slope import maximum_slope
from client.imaging.maps.signal_enhancement_ratio import signal_enhancement_ratio
from client.imaging.maps.time_to_peak import time_to_peak
from client.imaging.maps.wash_in import wash_in
from client.imaging.maps.washout import washout

SECONDS = np.array([-10.0, 60, 120, 240])


def test_wash_in_is_enhancement_over_time() -> None:
    np.testing.assert_allclose(wash_in(np.array([100.0]), np.array([170.0]), 100), [0.7], rtol=1e-6)


def test_wash_in_refuses_an_early_phase_before_the_injection() -> None:
    with pytest.raises(ValueError, match="after the injection"):
        wash_in(np.array([100.0]), np.array([170.0]), 0)


def test_washout_is_negative_where_signal_falls() -> None:
    np.testing.assert_allclose(washout(np.array([200.0]), np.array([150.0])), [-25], rtol=1e-6)


def test_ratio_of_early_to_late_enhancement() -> None:
    # (170 - 100) / (150 - 100)
    ratio = signal_enhancement_ratio(np.array([100.0]), np.array([170.0]), np.array([150.0]))
    np.testing.assert_allclose(ratio, [1.4], rtol=1e-6)


def test_ratio_is_not_a_number_without_late_enhancement() -> None:
    assert np.isnan(signal_enhancement_ratio(np.array([100.0]), np.array([170.0]), np.array([100.0]))).all()


def test_curve_types_split_at_ten_per_cent() -> None:
    late = np.array([110.5, 110, 100, 90, 89.5])
    kinds = curve_type(np.full(5, 100.0), late)
    assert kinds.tolist() == [
        CurveType.PERSISTENT,
        CurveType.PLATEAU,
        CurveType.PLATEAU,
        CurveType.PLATEAU,
        CurveType.WASHOUT,
    ]


def test_peak_is_the_highest_phase_after_contrast() -> None:
    signal = np.array([[500.0, 120, 180, 150], [100, 130, 130, 130], [100, 110, np.nan, 120]])
    np.testing.assert_array_equal(time_to_peak(signal, SECONDS), [120, 60, np.nan])


def test_steepest_rise_in_per_cent_of_baseline_per_second() -> None:
    # Rises of 20, 70 and -30 over 70, 60 and 120 s; the second is the steepest: 70 / 60 %/s.
    slope = maximum_slope(np.array([[100.0, 120, 190, 160]]), SECONDS)
    np.testing.assert_allclose(slope, [70 / 60], rtol=1e-6)


def test_a_rise_between_two_phases_before_contrast_is_no_slope() -> None:
    seconds = np.array([-20.0, -10, 60])
    np.testing.assert_allclose(maximum_slope(np.array([[50.0, 150, 157]]), seconds), [100 * 7 / 100 / 70], rtol=1e-6)


@pytest.mark.parametrize("seconds", [[10.0, 60], [-10, 60, 60]])
def test_slope_refuses_times_it_cannot_use(seconds: list[float]) -> None:
    with pytest.raises(ValueError, match="before contrast and increasing"):
        maximum_slope(np.ones((1, len(seconds))), np.array(seconds))
