"""Which breast: by a word, by headers, by where a mask lies."""

import numpy as np
import pytest

from client.imaging.ingest.side import Side, declared, named, where
from client.imaging.volume import Geometry

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # columns run backwards, slices to the left


@pytest.mark.parametrize(
    ("word", "side"),
    [("L", Side.LEFT), (" Right ", Side.RIGHT), ("links", Side.LEFT), ("B", None), ("", None), (float("nan"), None)],
)
def test_words(word: object, side: Side | None) -> None:
    assert named(word) is side


def test_headers_that_differ_say_nothing() -> None:
    assert declared(["L", "l"]) is Side.LEFT
    assert declared(["L", "R"]) is None
    assert declared(["L", ""]) is None
    assert declared([]) is None


def at(index: tuple[int, int, int], shape: tuple[int, int, int]) -> np.ndarray:
    inside = np.zeros(shape, bool)
    inside[index] = True
    return inside


def test_a_mask_in_an_axial_volume_of_both_breasts() -> None:
    # DICOM's x grows to the patient's left; the middle is that of the field of view
    grid = Geometry((80, 40, 4), (4.0, 4.0, 5.0), (-100.0, 0.0, 0.0), IDENTITY)
    assert where(at((1, 10, 5), grid.shape), grid) is Side.RIGHT
    assert where(at((1, 10, 75), grid.shape), grid) is Side.LEFT


def test_a_mask_in_a_sagittal_volume_of_both_breasts() -> None:
    grid = Geometry((40, 40, 80), (4.0, 4.0, 4.0), (-160.0, 0.0, 0.0), SAGITTAL)
    assert where(at((3, 10, 5), grid.shape), grid) is Side.RIGHT
    assert where(at((70, 10, 5), grid.shape), grid) is Side.LEFT


def test_a_volume_of_one_breast_does_not_say_where_the_middle_is() -> None:
    grid = Geometry((40, 40, 4), (4.0, 4.0, 5.0), (0.0, 0.0, 0.0), IDENTITY)
    assert where(at((1, 10, 5), grid.shape), grid) is None
