"""A mask on another grid, voxel by voxel the nearest."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from client.imaging.preprocess.nearest import onto_grid
from client.imaging.volume import Geometry, Volume
from shared.errors import MrfedError

STRAIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
GRID = Geometry((8, 7, 6), (1.0, 1.2, 2.0), (0.0, 0.0, 0.0), STRAIGHT)
BALL = np.linalg.norm(np.stack(np.meshgrid(range(6), range(7), range(8), indexing="ij"), -1) - [3, 3, 4], axis=-1) < 2.2


def turned(angle: float) -> tuple[float, ...]:
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return (cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0)


@settings(max_examples=15, deadline=None)
@given(st.floats(-0.6, 0.6), st.floats(-0.9, 0.9), st.sampled_from([0.7, 1.0, 1.4]))
def test_every_voxel_takes_the_nearest(angle: float, shift: float, spacing: float) -> None:
    target = Geometry((12, 12, 12), (spacing,) * 3, (shift - 3, shift - 3, shift), turned(angle))  # type: ignore[arg-type]
    assume(_fits(target))
    computed = onto_grid(Volume(BALL.astype(np.float32), GRID), target, "here")
    centres = _centres(GRID)
    nearest = cKDTree(centres).query(_centres(target))[1]
    inside = _index(GRID, _centres(target))
    expected = BALL.ravel()[nearest] & inside
    # halfway between two voxels either may be taken
    assert (computed.ravel() != expected).mean() < 0.02


def _fits(target: Geometry) -> bool:
    corners = np.linalg.inv(target.affine) @ np.c_[_centres(GRID)[BALL.ravel()], np.ones(BALL.sum())].T
    return bool((corners[:3] > -1).all() and (np.array(target.size) - 0.01 > corners[:3].T).all())


def _centres(grid: Geometry) -> np.ndarray:
    z, y, x = np.indices(grid.shape).reshape(3, -1)
    return (grid.affine @ np.stack([x, y, z, np.ones_like(x)])).T[:, :3]


def _index(grid: Geometry, points: np.ndarray) -> np.ndarray:
    index = (np.linalg.inv(grid.affine) @ np.c_[points, np.ones(len(points))].T)[:3].T
    return ((index > -0.5) & (index < np.array(grid.size) - 0.5)).all(axis=1)


def test_on_its_own_grid_nothing_changes() -> None:
    np.testing.assert_array_equal(onto_grid(Volume(BALL.astype(np.float32), GRID), GRID, "here"), BALL)


@pytest.mark.parametrize(
    ("mask", "grid", "problem"),
    [
        (np.zeros_like(BALL), GRID, "the mask is empty"),
        (BALL, Geometry((8, 7, 6), (1.0, 1.2, 2.0), (30.0, 0.0, 0.0), STRAIGHT), "28 voxels beyond the image"),
        (BALL & (np.arange(8) == 4), Geometry((2, 2, 2), (8.0, 8.0, 8.0), (1.0, 0.0, 2.0), STRAIGHT), "no voxel"),
    ],
)
def test_a_mask_of_another_image(mask: np.ndarray, grid: Geometry, problem: str) -> None:
    with pytest.raises(MrfedError, match=problem):
        onto_grid(Volume(mask.astype(np.float32), GRID), grid, "here")
