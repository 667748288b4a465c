import numpy as np

from client.imaging.maps.acquisition import Acquisition, Dynamic
from client.imaging.maps.background_enhancement import background_enhancement
from client.imaging.maps.registry import compute, request_of
from shared.sections.maps import MapName


def test_share_of_the_tissue_that_reaches_the_threshold() -> None:
    enhancement = np.array([0.0, 20, 19.9, 45, 300])
    tissue = np.array([True, True, True, True, False])
    assert background_enhancement(enhancement, tissue) == 0.5


def test_voxels_without_a_number_count_on_neither_side() -> None:
    assert background_enhancement(np.array([np.nan, 30.0]), np.array([True, True])) == 1.0


def test_no_tissue_no_number() -> None:
    assert np.isnan(background_enhancement(np.array([30.0]), np.array([False])))


def test_from_an_acquisition() -> None:
    signal = np.array([[100.0, 130], [100, 110], [100, 300]])
    mask = np.array([True, True, False])
    acquired = Acquisition("patient 7", (Dynamic(signal, (-5, 90)),), {"contralateral_fibroglandular": mask})
    assert compute(request_of(MapName.BACKGROUND_ENHANCEMENT), acquired).scalars[0].value == 0.5
