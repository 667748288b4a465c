"""Resampling agrees with ITK's B-spline interpolation, whichever way the axes run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.preprocess.interpolate import by_itk, resampled
from client.imaging.preprocess.resample import regridded
from client.imaging.preprocess.spline import interpolation_matrix, parallel_axes
from client.imaging.volume import Geometry, Volume

VOXELS = np.random.default_rng(2).normal(100, 20, (7, 9, 11)).astype(np.float32)
SOURCE = Geometry((11, 9, 7), (0.9, 1.1, 2.5), (-5.0, 3.0, 20.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


@pytest.mark.parametrize(
    "target",
    [
        regridded(SOURCE, (1.0, 1.0, 1.0)),
        Geometry((8, 10, 12), (1.2, 0.8, 1.0), (-4.0, 2.5, 19.0), (0, 0, 1, 1, 0, 0, 0, 1, 0)),
        Geometry((20, 14, 12), (1.0, 1.0, 1.0), (6.0, 12.0, 36.0), (-1, 0, 0, 0, -1, 0, 0, 0, -1)),
        Geometry((9, 9, 9), (1.0, 1.0, 1.0), (-20.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1)),
    ],
    ids=["finer", "turned", "mirrored", "partly outside"],
)
def test_agrees_with_itk(target: Geometry) -> None:
    volume = Volume(VOXELS, SOURCE)
    assert parallel_axes(SOURCE, target) is not None
    computed, expected = resampled(volume, target), by_itk(volume, target, None)
    expected = np.clip(expected, 0, VOXELS.max())
    np.testing.assert_allclose(computed.voxels, expected, atol=2e-3)


def test_oblique_axes_are_not_parallel() -> None:
    cos, sin = np.cos(0.1), np.sin(0.1)
    turned = Geometry((8, 8, 8), (1, 1, 1), (0, 0, 0), (cos, -sin, 0, sin, cos, 0, 0, 0, 1))
    assert parallel_axes(SOURCE, turned) is None


def test_at_the_samples_the_samples_come_back() -> None:
    np.testing.assert_allclose(interpolation_matrix(np.arange(6.0), 6), np.eye(6), atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(4, 12), st.floats(-0.5, 3.5), st.floats(-1000, 1000))
def test_a_constant_stays_one(size: int, position: float, value: float) -> None:
    matrix = interpolation_matrix(np.array([position]), size)
    np.testing.assert_allclose(matrix @ np.full(size, value, np.float32), value, rtol=1e-5, atol=1e-5)


def test_outside_there_is_nothing() -> None:
    matrix = interpolation_matrix(np.array([-0.6, -0.4, 5.4, 5.6]), 6)
    assert matrix[[0, 3]].sum() == 0
    np.testing.assert_allclose(matrix[[1, 2]].sum(axis=1), 1, atol=1e-5)


def test_nothing_overshoots() -> None:
    edge = np.zeros((5, 5, 5), np.float32)
    edge[:, :, 3:] = 1000
    grid = Geometry((5, 5, 5), (1, 1, 1), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
    computed = resampled(Volume(edge, grid), regridded(grid, (0.3, 1, 1)))
    assert computed.voxels.min() >= 0
    assert computed.voxels.max() <= 1000


def test_another_spacing_keeps_the_centre_and_the_extent() -> None:
    computed = regridded(SOURCE, (1.0, 1.0, 1.0))
    assert computed.size == (10, 10, 18)  # 9.9, 9.9 and 17.5 mm
    np.testing.assert_allclose(computed.corners_mm().mean(axis=0), SOURCE.corners_mm().mean(axis=0))
