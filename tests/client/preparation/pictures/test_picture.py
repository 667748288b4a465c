"""Slices as pictures: what is black, what stands out, what comes back."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from client.preparation.pictures.picture import IMPLAUSIBLE, NO_VALUE, coloured, fused, grey, jpeg, png, window


def test_grey_runs_between_the_two_ends_of_the_window():
    values = np.array([[-5.0, 0.0, 5.0, 10.0, 99.0, np.nan]])
    assert grey(values, 0, 10).tolist() == [[0, 0, 128, 255, 255, 0]]


def test_values_that_are_none_or_not_plausible_have_colours_of_their_own():
    values = np.array([[0.0, 10.0, np.nan, -7.0]])
    pixels = coloured(values, 0, 10, plausible=values >= 0)
    assert pixels[0].tolist() == [[0x44, 0x01, 0x54], [0xFD, 0xE7, 0x25], list(NO_VALUE), list(IMPLAUSIBLE)]


def test_the_scale_becomes_lighter_throughout():
    pixels = coloured(np.linspace(0, 1, 64)[None], 0, 1)[0]
    light = pixels @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()


def test_images_that_agree_are_grey_when_laid_over_each_other():
    image = np.random.default_rng(0).random((9, 9))
    both = fused(image, 3 * image)
    assert (both[..., 0] == both[..., 1]).all()
    assert (both[..., 0] == both[..., 2]).all()
    apart = fused(image, image[::-1])
    assert (apart[..., 0] != apart[..., 1]).any()


@pytest.mark.parametrize("values", [np.full(5, 3.0), np.array([]), np.full(3, np.nan)])
def test_a_window_is_never_empty(values):
    low, high = window(values)
    assert low < high


def test_pictures_can_be_read_again():
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(np.array(Image.open(BytesIO(png(pixels)))), pixels)
    assert Image.open(BytesIO(jpeg(pixels))).size == (4, 4)
