"""The plane of a review: where the tumour is, and which way up."""

import numpy as np
import pytest

from client.imaging.volume import Geometry, Volume
from client.preparation.pictures.plane import PIXELS, Plane, edges, slice_of

AXIAL = (1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
GRID = Geometry((60, 40, 9), (1.5, 2.0, 3.0), (-45.0, -40.0, 0.0), AXIAL)


def test_the_slice_with_most_of_the_tumour_in_the_middle_of_a_square_in_millimetres():
    tumour = np.zeros(GRID.shape, bool)
    tumour[4, 10:14, 20:30] = True
    tumour[5, 10, 20] = True
    plane = Plane.through(tumour, GRID)
    assert plane.number == 4
    assert plane.rows * 2.0 == pytest.approx(plane.columns * 1.5)
    assert plane.rows * 2.0 == pytest.approx(70), "the least"
    assert (plane.top + plane.rows / 2, plane.left + plane.columns / 2) == pytest.approx((12, 25))


def test_without_a_tumour_it_is_the_middle():
    plane = Plane.through(np.zeros(GRID.shape, bool), GRID)
    assert plane.number == 4
    assert (plane.top + plane.rows / 2, plane.left + plane.columns / 2) == (20, 30)


def test_a_cut_shows_what_lies_there():
    rows, columns = np.meshgrid(np.arange(40.0), np.arange(60.0), indexing="ij")
    tumour = np.zeros(GRID.shape, bool)
    tumour[4, 18:22, 28:32] = True
    plane = Plane.through(tumour, GRID)
    cut = plane.cut(columns)
    step = plane.columns / PIXELS
    expected = plane.left - 0.5 + step * (np.arange(PIXELS) + 0.5)
    np.testing.assert_allclose(cut[PIXELS // 2], expected, atol=1e-9)
    np.testing.assert_allclose(plane.cut(rows)[:, PIXELS // 2].mean(), 19.5, atol=1e-9)


def test_beyond_the_image_a_picture_is_black_and_a_map_has_no_value():
    plane = Plane(0, top=-10, left=-10, rows=20, columns=20)
    image = np.ones((10, 10))
    assert plane.cut(image)[0, 0] == 0
    assert np.isnan(plane.cut(image, exact=True)[0, 0])
    assert plane.cut(image, exact=True)[-20, -20] == 1


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (AXIAL, {"right": "L", "left": "R", "bottom": "P", "top": "A"}),
        ((0, 0, -1, 1, 0, 0, 0, -1, 0), {"right": "P", "left": "A", "bottom": "I", "top": "S"}),
    ],
)
def test_letters_say_which_way_the_patient_lies(direction, expected):
    assert edges(Geometry((4, 4, 4), (1, 1, 1), (0, 0, 0), direction)) == expected


def test_a_slice_is_taken_from_a_volume_on_another_grid():
    places = np.arange(20.0) * 1.5 - 2  # millimetres along the slices
    voxels = np.broadcast_to(places[:, None, None], (20, 30, 30)).astype(np.float32)
    other = Volume(voxels.copy(), Geometry((30, 30, 20), (4.0, 4.0, 1.5), (-50.0, -50.0, -2.0), AXIAL))
    np.testing.assert_allclose(slice_of(other, GRID, 3), 9.0, atol=1e-4)
