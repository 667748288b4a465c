import numpy as np
import pytest

from client.imaging.maps.fitting.blocks import by_blocks


@pytest.mark.parametrize("block_voxels", [1, 7, 100])
@pytest.mark.parametrize("leading", [True, False])
def test_any_layout_and_any_block_give_the_same(block_voxels: int, leading: bool) -> None:
    signal = np.random.default_rng(0).random((4, 5, 3, 6)).astype(np.float32)
    given = np.moveaxis(np.ascontiguousarray(np.moveaxis(signal, -1, 0)), 0, -1) if leading else signal
    total, largest = by_blocks(
        lambda block: (block.sum(axis=0), block.max(axis=0)), given, 2, block_voxels=block_voxels
    )
    np.testing.assert_allclose(total, signal.sum(axis=-1), rtol=1e-6)
    np.testing.assert_array_equal(largest, signal.max(axis=-1))


def test_constants_of_each_voxel_follow_the_signal() -> None:
    signal, beside = np.ones((4, 2)), np.arange(4.0)
    (computed,) = by_blocks(lambda block: (block[2] + block[3],), signal, 1, beside=(beside, 10.0), block_voxels=3)
    assert computed.tolist() == [10, 11, 12, 13]


def test_only_voxels_inside_are_computed() -> None:
    inside = np.array([False, True, False, True])
    seen = []

    def function(block: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.append(block.shape[1])
        return (block[0],)

    (computed,) = by_blocks(function, np.arange(8.0).reshape(4, 2), 1, inside=inside)
    assert seen == [2]
    np.testing.assert_array_equal(computed, [np.nan, 2, np.nan, 6])


def test_no_voxels_at_all() -> None:
    assert by_blocks(lambda block: (block[0],), np.empty((0, 3)), 1)[0].shape == (0,)
