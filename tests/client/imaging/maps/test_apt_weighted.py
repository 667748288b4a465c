import numpy as np
import pytest

from client.imaging.maps.apt_weighted import apt_weighted

OFFSETS = np.array([-4.5, -4, -3.5, -3, -2.5, 2.5, 3, 3.5, 4, 4.5])


def spectrum(b0: float, amide: float) -> np.ndarray:
    """Direct saturation, symmetric about the water line, and an amide dip 3.5 ppm above it."""
    x = OFFSETS - b0
    return 1000 * (1 - 1 / (1 + x**2) - amide * np.exp(-((x - 3.5) ** 2) / 2))


def test_by_hand_without_field_error() -> None:
    signal = np.array([[900.0] * 2 + [850] + [900] * 4 + [820] + [900] * 2])
    computed = apt_weighted(signal, OFFSETS, np.array([1000.0]), np.zeros(1))
    np.testing.assert_allclose(computed, [3.0], rtol=1e-6)  # (850 - 820) / 1000


def test_water_that_is_off_resonance_is_followed() -> None:
    b0 = np.array([-0.4, -0.15, 0.0, 0.23, 0.5])
    signal = np.stack([spectrum(shift, 0.04) for shift in b0])
    computed = apt_weighted(signal, OFFSETS, np.full(5, 1000.0), b0)
    np.testing.assert_allclose(computed, 4.0, atol=0.05)
    uncorrected = apt_weighted(signal, OFFSETS, np.full(5, 1000.0), np.zeros(5))
    assert abs(uncorrected[0] - 4) > 1


def test_no_exchange_no_asymmetry() -> None:
    b0 = np.array([0.3])
    computed = apt_weighted(spectrum(0.3, 0.0)[None], OFFSETS, np.full(1, 1000.0), b0)
    np.testing.assert_allclose(computed, 0, atol=0.02)


def test_a_shift_beyond_the_measured_offsets_is_not_a_number() -> None:
    assert np.isnan(apt_weighted(spectrum(0, 0)[None], OFFSETS, np.ones(1), np.array([1.5]))).all()


def test_order_of_the_offsets_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(len(OFFSETS))
    args = np.full(1, 1000.0), np.array([0.2])
    signal = spectrum(0.2, 0.03)[None]
    np.testing.assert_allclose(
        apt_weighted(signal[:, order], OFFSETS[order], *args), apt_weighted(signal, OFFSETS, *args)
    )


def test_refuses_two_offsets_on_a_side() -> None:
    with pytest.raises(ValueError, match="three offsets on each side"):
        apt_weighted(np.ones((1, 5)), OFFSETS[3:8], np.ones(1), np.zeros(1))
