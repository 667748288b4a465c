"""A grid whose centre is the image's, and interpolation onto a part of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.imaging.radiomics.ibsi.grid import Grid, grid_of, interpolate, interpolate_mask, region_box
from shared.sections.ibsi import Interpolation


def everything(grid: Grid) -> tuple[slice, ...]:
    return tuple(slice(0, length) for length in grid.new_shape)


def test_the_grid_covers_the_image_and_shares_its_centre() -> None:
    # IBSI's manual, interpolation grids: 4 voxels of 3 mm need 6 of 2 mm; 12 mm are covered by 12 mm.
    grid = grid_of((4, 4, 4), (3.0, 3.0, 3.0), (2.0, 2.0, 5.0))
    assert grid.new_shape == (6, 6, 3)
    # -0.5 mm from the first centre, in voxels of 3 mm; with 5 mm, 15 mm stand over by 1.5 mm on each side.
    np.testing.assert_allclose(grid.first * 3.0, [-0.5, -0.5, -0.5])


@pytest.mark.parametrize(("length", "old", "new"), [(60, 3.0, 2.0), (201, 0.977, 2.0), (20, 0.7, 1.0), (7, 1.0, 0.3)])
def test_first_and_last_voxel_stand_over_alike(length: int, old: float, new: float) -> None:
    grid = grid_of((length,) * 3, (old,) * 3, (new,) * 3)
    first, last = grid.first[0], grid.first[0] + (grid.new_shape[0] - 1) * grid.step[0]
    assert first == pytest.approx(length - 1 - last)


def test_a_spacing_in_single_precision_is_the_same_spacing() -> None:
    stored = float(np.float32(0.977))
    grid = grid_of((3, 4, 5), (stored,) * 3, (0.977,) * 3)
    assert not grid.resampled
    assert grid.new_shape == (3, 4, 5)


def test_linear_interpolation_keeps_a_ramp() -> None:
    ramp = np.arange(10.0)[None, None, :] * np.ones((4, 4, 1))
    grid = grid_of(ramp.shape, (1.0, 1.0, 1.0), (1.0, 1.0, 0.5))
    line = interpolate(ramp, grid, everything(grid), Interpolation.LINEAR)[2, 2]
    # The first of 20 voxels lies a quarter outside, where the edge goes on.
    np.testing.assert_allclose(line, np.clip(np.arange(20) * 0.5 - 0.25, 0, 9))


def test_half_a_voxel_is_inside() -> None:
    inside = np.zeros((1, 1, 4), bool)
    inside[..., 2:] = True
    grid = Grid((1, 1, 4), (1.0, 1.0, 1.0), (1.0, 1.0, 4 / 3))
    # Centres at 1/6, 3/2 and 17/6: the middle one lies half-way between outside and inside.
    np.testing.assert_allclose(grid.first, [0, 0, 1 / 6])
    assert interpolate_mask(inside, grid, everything(grid)).ravel().tolist() == [False, True, True]


@given(st.integers(0, 2**32 - 1), st.sampled_from(list(Interpolation)))
def test_a_part_of_the_grid_is_that_part_of_the_whole(seed: int, interpolation: Interpolation) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(int(length) for length in rng.integers(3, 50, 3))
    voxels = rng.normal(size=shape)
    inside = np.zeros(shape, bool)
    corner = [int(rng.integers(0, length)) for length in shape]
    inside[tuple(slice(start, start + 4) for start in corner)] = True
    grid = grid_of(shape, (2.0, 1.0, 0.7), tuple(float(mm) for mm in rng.uniform(0.6, 2.5, 3)))
    box = region_box(inside, grid)
    whole = interpolate(voxels, grid, everything(grid), interpolation)
    np.testing.assert_allclose(interpolate(voxels, grid, box, interpolation), whole[box], atol=1e-9)
    mask = interpolate_mask(inside, grid, everything(grid))
    np.testing.assert_array_equal(interpolate_mask(inside, grid, box), mask[box])
    assert mask.sum() == mask[box].sum()
