import numpy as np
import pytest

from client.imaging.radiomics.perturbation import (
    STANDARD,
    Perturbation,
    noise_level,
    perturbed_image,
    perturbed_mask,
    signed_distance_mm,
)

SPACING_MM = (2.0, 0.8, 0.8)


@pytest.fixture(scope="module")
def ball():
    z, y, x = np.ogrid[:30, :60, :60]
    return ((z - 15) * 2.0) ** 2 + ((y - 30) * 0.8) ** 2 + ((x - 30) * 0.8) ** 2 < 12**2


def volume_ml(mask):
    return mask.sum() * np.prod(SPACING_MM) / 1000


def change(mask, seed=0, **what):
    return perturbed_mask(mask, SPACING_MM, Perturbation("", **what), np.random.default_rng(seed))


def test_as_drawn_is_as_drawn(ball):
    np.testing.assert_array_equal(change(ball), ball)
    assert STANDARD[0] == Perturbation(STANDARD[0].name)


def test_the_distance_is_negative_inside(ball):
    distance = signed_distance_mm(ball, SPACING_MM)
    np.testing.assert_array_equal(distance < 0, ball)
    assert distance[15, 30, 30] == pytest.approx(-12, abs=1)
    assert distance[15, 30, 59] == pytest.approx(29 * 0.8 - 12, abs=1)


@pytest.mark.parametrize("growth_mm", [-2.0, 2.0])
def test_growth_is_physical(ball, growth_mm):
    expected = 4 / 3 * np.pi * (12 + growth_mm) ** 3 / 1000
    assert volume_ml(change(ball, growth_mm=growth_mm)) == pytest.approx(expected, rel=0.1)


def test_a_shift_moves_the_middle(ball):
    moved = change(ball, shift_mm=(0.0, 1.6, -0.8))
    before, after = (np.argwhere(mask).mean(axis=0) * SPACING_MM for mask in (ball, moved))
    np.testing.assert_allclose(after - before, [0, 1.6, -0.8], atol=0.1)
    assert volume_ml(moved) == pytest.approx(volume_ml(ball), rel=0.05)


def test_an_outline_drawn_again_differs_at_the_edge_only(ball):
    again, other = change(ball, contour_mm=0.8), change(ball, seed=1, contour_mm=0.8)
    np.testing.assert_array_equal(again, change(ball, contour_mm=0.8))
    assert (again ^ other).any()
    assert volume_ml(again) == pytest.approx(volume_ml(ball), rel=0.15)
    different = again ^ ball
    assert different.any()
    assert np.abs(signed_distance_mm(ball, SPACING_MM)[different]).max() < 4


def test_noise_is_measured_and_added(ball):
    rng = np.random.default_rng(3)
    z, y, x = np.ogrid[:30, :60, :60]
    smooth = 500 + 100 * np.sin(z / 7) + y + 2 * x
    noisy = (smooth + rng.normal(0, 20, ball.shape)).astype(np.float32)
    assert noise_level(noisy, ball) == pytest.approx(20, rel=0.1)
    more = perturbed_image(noisy, 20, np.random.default_rng(4))
    assert noise_level(more, ball) == pytest.approx(20 * np.sqrt(2), rel=0.1)
    assert (perturbed_image(np.zeros((4, 4, 4), np.float32), 1, rng) >= 0).all()
