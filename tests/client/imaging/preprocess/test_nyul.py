"""One scale for all scanners: histograms meet at the standard's landmarks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.nyul import PERCENTILES, landmarks, mapped, on_scale, onto_standard
from client.imaging.preprocess.zscore import standardize, zscore
from client.imaging.volume import Geometry, Volume
from shared.errors import MrfedError
from shared.sections.imaging import ImageName, Nyul, ZScore

GRID = Geometry((20, 20, 10), (1, 1, 1), (0, 0, 0), (1, 0, 0, 0, 1, 0, 0, 0, 1))
EVERYWHERE = np.ones(GRID.shape, dtype=bool)
EARLY = ImageName.EARLY


def image(seed: int, gain: float = 1.0, offset: float = 0.0) -> Volume:
    values = np.random.default_rng(seed).gamma(3, 100, GRID.shape)
    return Volume((gain * values + offset).astype(np.float32), GRID)


def test_landmarks_meet_the_standard() -> None:
    standard = np.array([0, 5, 9, 14, 22, 30, 41, 55, 70, 85, 100.0])
    computed = mapped(image(1), landmarks(image(1), EVERYWHERE), standard)
    np.testing.assert_allclose(np.percentile(computed.voxels, PERCENTILES), standard, atol=0.05)


def test_gain_and_offset_of_a_scanner_vanish() -> None:
    standard = on_scale(landmarks(image(2), EVERYWHERE))
    once, again = (mapped(one, landmarks(one, EVERYWHERE), standard) for one in (image(1), image(1, 37, 500)))
    np.testing.assert_allclose(once.voxels, again.voxels, atol=0.01)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 50))
def test_order_is_kept(seed: int, gain: float) -> None:
    volume = image(seed, gain)
    standard = on_scale(landmarks(image(seed + 1), EVERYWHERE))
    computed = mapped(volume, landmarks(volume, EVERYWHERE), standard).voxels.ravel()
    assert (np.diff(computed[np.argsort(volume.voxels.ravel())]) >= -1e-3).all()


def test_what_lies_beyond_the_landmarks_stays_near() -> None:
    """The first two landmarks of a skewed histogram nearly meet: their slope holds between them alone."""
    own = np.array([100, 100.001, 110, 120, 130, 140, 150, 160, 170, 180, 200.0])
    standard = np.linspace(0, 100, 11)
    outside = Volume(np.full(GRID.shape, 50, np.float32), GRID)
    outside.voxels[0] = 250
    computed = mapped(outside, own, standard).voxels
    np.testing.assert_allclose(computed[0], 150, rtol=1e-6)
    np.testing.assert_allclose(computed[1:], -50, rtol=1e-6)


def test_an_even_image_has_no_histogram() -> None:
    even = Volume(np.full(GRID.shape, 5, np.float32), GRID)
    assert not on_scale(landmarks(even, EVERYWHERE)).any()
    assert not mapped(even, landmarks(even, EVERYWHERE), np.linspace(0, 100, 11)).voxels.any()
    assert not zscore(EARLY, even, EVERYWHERE).voxels.any()


def test_before_the_standard_is_learned_nothing_is_guessed() -> None:
    with pytest.raises(MrfedError, match="the standard histogram is not there yet"):
        onto_standard(PatientImages("here", GRID), Nyul(step="nyul"))


def test_mean_and_deviation_over_the_region_alone() -> None:
    inside = EVERYWHERE.copy()
    inside[5:] = False
    volume = image(3)
    volume.voxels[5:] *= 10
    computed = zscore(EARLY, volume, inside)
    assert computed.voxels[inside].mean() == pytest.approx(0, abs=1e-4)
    assert computed.voxels[inside].std() == pytest.approx(1, abs=1e-4)


def test_signals_from_which_maps_are_computed_stay() -> None:
    images = PatientImages("here", GRID, dynamic=(image(1), image(2)))
    computed = standardize(images, ZScore(step="zscore"))
    assert computed.dynamic == images.dynamic
    assert len(computed.normalizations) == 1
