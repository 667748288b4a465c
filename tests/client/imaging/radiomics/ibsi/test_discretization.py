"""Grey levels by number and by size of bins, with the examples of IBSI's manual written out."""

import numpy as np
import pytest

from client.imaging.radiomics.ibsi.discretization import Bins, discretize, level_of, number_of_bins
from client.imaging.radiomics.ibsi.intensity_mask import intensity_mask


def test_a_fixed_number_of_bins_spans_the_region() -> None:
    levels, count = level_of(np.array([10.0, 14.9, 15.0, 19.9, 20.0]), Bins(count=2))
    assert (levels.tolist(), count) == ([1, 1, 2, 2, 2], 2)


def test_bins_of_a_fixed_size_begin_at_the_lower_bound_of_the_range() -> None:
    values = np.array([-480.0, -475.0, 0.0, 399.0])
    levels, count = level_of(values, Bins(width=25), -500)
    assert levels.tolist() == [1, 2, 21, 36]
    assert count == 36 == number_of_bins(values, Bins(width=25), -500)


def test_without_a_range_they_begin_at_the_least_intensity() -> None:
    levels, _ = level_of(np.array([3.0, 3.9, 4.0, 7.5]), Bins(width=1))
    assert levels.tolist() == [1, 1, 2, 5]


def test_a_constant_region_is_one_level() -> None:
    levels, _ = level_of(np.full(3, 7.0), Bins(count=32))
    assert levels.tolist() == [1, 1, 1]


def test_outside_the_region_there_is_no_level() -> None:
    inside = np.array([[[True, False, True]]])
    assert discretize(np.array([[[0.0, 99.0, 1.0]]]), inside, Bins(count=4)).matrix.tolist() == [[[1, 0, 4]]]


@pytest.mark.parametrize(
    ("bounds", "sigma", "kept"),
    [
        ((None, None), None, [True] * 6),
        ((0, None), None, [False, True, True, True, True, True]),
        ((0, 3), None, [False, True, True, True, True, False]),
        # Mean 14.83 and standard deviation 38.5 of all six, the outlier included.
        ((None, None), 2, [True, True, True, True, True, False]),
        ((0, None), 2, [False, True, True, True, True, False]),
    ],
)
def test_range_and_outliers_leave_voxels_out(
    bounds: tuple[float | None, float | None], sigma: float | None, kept: list[bool]
) -> None:
    voxels = np.array([[[-1.0, 0.0, 1.0, 2.0, 3.0, 100.0, 5e6]]])
    inside = np.array([[[True] * 6 + [False]]])
    assert intensity_mask(voxels, inside, bounds, sigma).ravel().tolist() == [*kept, False]
