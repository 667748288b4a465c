import numpy as np

from client.imaging.radiomics.overlay import COLOURS, overlay
from client.imaging.radiomics.regions import ring
from tests.client.imaging.radiomics.conftest import SPACING_MM


def test_the_picture_shows_image_and_regions_side_by_side(textured, tumour):
    inside = tumour > 0
    spacing_mm = SPACING_MM[::-1]
    picture = overlay(textured, {"tumour": inside, "ring": ring(inside, spacing_mm, 0, 3)}, spacing_mm)
    half = picture.shape[1] // 2
    left, right = picture[:, :half], picture[:, half:]
    assert picture.dtype == np.uint8
    assert (left[..., 0] == left[..., 1]).all()  # grey
    for colour in COLOURS[:2]:
        assert (right == colour).all(axis=2).any()
    assert not (right == COLOURS[2]).all(axis=2).any()
    # 0.25 mm a pixel: the region and 12 mm around it, as far as the image goes.
    assert 100 < picture.shape[0] <= 44 * 0.8 / 0.25 + 1


def test_outlines_leave_the_inside_as_it_is(textured, tumour):
    shaded = overlay(textured, {"t": tumour > 0}, SPACING_MM[::-1])
    outlined = overlay(textured, {"t": tumour > 0}, SPACING_MM[::-1], filled=False)
    half = shaded.shape[1] // 2
    changed = [(one[:, half:] != one[:, :half]).any(axis=2).sum() for one in (outlined, shaded)]
    assert 0 < changed[0] < changed[1] / 2


def test_nothing_to_draw_is_a_grey_picture(textured, tumour):
    holes = textured.copy()
    holes[0, :5] = np.nan
    picture = overlay(holes, {"t": tumour > 9}, SPACING_MM[::-1])
    half = picture.shape[1] // 2
    np.testing.assert_array_equal(picture[:, :half], picture[:, half:])
