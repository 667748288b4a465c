import numpy as np
import pytest

from client.imaging.maps.percent_enhancement import percent_enhancement


def test_relative_increase_in_per_cent() -> None:
    # By hand: 100 -> 170 is +70 %, 80 -> 80 none, 200 -> 100 is -50 %.
    values = percent_enhancement(np.array([100.0, 80, 200]), np.array([170.0, 80, 100]))
    np.testing.assert_allclose(values, [70, 0, -50], rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("before", [0.0, -3.0, np.nan])
def test_background_is_not_a_number(before: float) -> None:
    assert np.isnan(percent_enhancement(np.array([before]), np.array([10.0]))).all()


def test_integers_as_scanners_store_them_do_not_wrap() -> None:
    before, early = np.array([300], dtype=np.uint16), np.array([100], dtype=np.uint16)
    np.testing.assert_allclose(percent_enhancement(before, early), [-66.666667], rtol=1e-6)


@pytest.mark.parametrize("threshold", [70, 80, 100, 110])
def test_a_voxel_exactly_on_the_threshold_reaches_it(threshold: int) -> None:
    """Whole numbers as scanners store them, whose ratio is the threshold: single precision falls below it for some."""
    before = np.arange(1, 4001)
    exact = before[before * threshold % 100 == 0]
    values = percent_enhancement(exact, exact + exact * threshold // 100)
    np.testing.assert_array_equal(values, threshold)
    below = percent_enhancement(exact, exact + exact * threshold // 100 - 1)
    assert (below < threshold).all()
