import numpy as np

from client.imaging.maps.acquisition import Acquisition, Dynamic
from client.imaging.maps.functional_tumour_volume import functional_tumour
from client.imaging.maps.registry import compute, request_of
from shared.sections.maps import MapName


def block() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    before = np.full((6, 6, 6), 100.0)
    enhancement = np.zeros((6, 6, 6))
    enhancement[2:4, 2:4, 2:4] = 70.0  # eight voxels, each with seven such neighbours
    return before, enhancement, np.ones((6, 6, 6), dtype=bool)


def test_a_connected_block_that_reaches_the_threshold_counts() -> None:
    before, enhancement, voi = block()
    assert functional_tumour(before, enhancement, voi, minimum_signal=35).sum() == 8


def test_a_lone_voxel_does_not_count() -> None:
    before, enhancement, voi = block()
    enhancement[:] = 0
    enhancement[1, 1, 1] = 500
    assert functional_tumour(before, enhancement, voi, minimum_signal=35).sum() == 0


def test_dark_voxels_before_contrast_do_not_count_and_are_no_neighbours() -> None:
    before, enhancement, voi = block()
    before[2] = 20  # half of the block is background: the others keep three neighbours each
    assert functional_tumour(before, enhancement, voi, minimum_signal=35).sum() == 0
    assert functional_tumour(before, enhancement, voi, minimum_signal=35, minimum_neighbours=3).sum() == 4


def test_neighbours_outside_the_volume_of_interest_count_as_neighbours() -> None:
    before, enhancement, voi = block()
    voi[:] = False
    voi[2, 2, 2] = True
    assert functional_tumour(before, enhancement, voi, minimum_signal=35).sum() == 1


def test_the_edge_of_the_volume_does_not_wrap_round() -> None:
    before, enhancement, voi = block()
    enhancement[:] = 0
    enhancement[0, 0, 0] = enhancement[-1, -1, -1] = enhancement[0, 0, -1] = 500
    assert functional_tumour(before, enhancement, voi, minimum_signal=35, minimum_neighbours=1).sum() == 0


def test_volume_in_millilitres_and_default_background_threshold() -> None:
    before, enhancement, voi = block()
    signal = np.stack([before, before * (1 + enhancement / 100)], axis=-1)
    acquired = Acquisition("patient 7", (Dynamic(signal, (-10, 100)),), {"voi": voi}, voxel_volume_ml=0.5)
    result = compute(request_of(MapName.FUNCTIONAL_TUMOUR_VOLUME), acquired)
    assert result.scalars[0].value == 4.0
    assert result.scalars[0].unit == "ml"
