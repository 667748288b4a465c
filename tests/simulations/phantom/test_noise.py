"""Rician noise has the moments that its distribution has."""

import numpy as np
import pytest

from simulations.phantom.noise import rician


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def test_background_is_rayleigh(rng):
    noise = rician(np.zeros(200_000), 3.0, rng)
    assert noise.mean() == pytest.approx(3.0 * np.sqrt(np.pi / 2), rel=0.01)
    assert (noise**2).mean() == pytest.approx(2 * 9.0, rel=0.01)


def test_strong_signal_keeps_gaussian_noise_and_a_small_bias(rng):
    noisy = rician(np.full(200_000, 60.0), 3.0, rng)
    assert noisy.std() == pytest.approx(3.0, rel=0.01)
    # Gudbjartsson and Patz: the mean is sqrt(A^2 + sigma^2) at high SNR.
    assert noisy.mean() == pytest.approx(np.sqrt(60.0**2 + 9.0), abs=0.03)


def test_no_noise_leaves_the_signal(rng):
    assert rician(np.array([0.0, 5.0]), 0.0, rng).tolist() == [0.0, 5.0]
