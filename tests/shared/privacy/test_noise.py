"""The discrete Gaussian sampler and the sites' shares of the noise."""

from random import Random

import numpy as np
import pytest
from scipy import stats

from shared.privacy.noise import _bernoulli_exp, _laplace, discrete_gaussian, grid_step, noisy, sensitivity_on_grid


def expected_counts(weights, count):
    return count * weights / weights.sum()


@pytest.mark.parametrize("sigma", [1, 3, 20])
def test_draws_follow_the_discrete_gaussian(sigma):
    """Chi-square against P(x) proportional to exp(-x^2 / (2 sigma^2)); fixed seed."""
    drawn = discrete_gaussian(sigma, 20_000, Random(7))
    edge = int(2.5 * sigma)
    x = np.arange(-60 * sigma, 60 * sigma + 1)
    weights = np.exp(-(x**2) / (2 * sigma**2))
    bins = np.clip(x, -edge, edge)
    expected = np.array([weights[bins == number].sum() for number in range(-edge, edge + 1)])
    observed = np.bincount((np.clip(drawn, -edge, edge) + edge).astype(int), minlength=2 * edge + 1)
    assert stats.chisquare(observed, expected_counts(expected, len(drawn))).pvalue > 0.001


def test_the_laplace_proposal_has_its_own_distribution():
    drawn = np.array([_laplace(4, Random(seed)) for seed in range(8000)])
    x = np.arange(-200, 201)
    weights = np.exp(-np.abs(x) / 4)
    bins = np.clip(x, -12, 12)
    expected = np.array([weights[bins == number].sum() for number in range(-12, 13)])
    observed = np.bincount(np.clip(drawn, -12, 12) + 12, minlength=25)
    assert stats.chisquare(observed, expected_counts(expected, len(drawn))).pvalue > 0.001


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 1), (1, 3), (1, 1), (5, 2)])
def test_coins_fall_with_the_stated_probability(numerator, denominator):
    random = Random(3)
    heads = sum(_bernoulli_exp(numerator, denominator, random) for _ in range(20_000))
    assert heads / 20_000 == pytest.approx(np.exp(-numerator / denominator), abs=0.012)


def test_the_shares_of_all_sites_make_up_the_deviation_and_lie_on_the_grid():
    values = np.full(1500, 12.3)
    shares = [noisy(values, 6.0, 4, Random(seed)) for seed in range(4)]
    total = np.sum(shares, axis=0)
    assert np.std(total) == pytest.approx(6.0, rel=0.08)
    assert np.mean(total) == pytest.approx(4 * 12.3, abs=4 * 6 / np.sqrt(1500))
    step = grid_step(6.0, 4)
    assert step == 2.0**-19  # 3 / 2^20 is 1.5 x 2^-19
    assert (shares[0] % step == 0).all()


def test_rounding_adds_at_most_a_step_to_each_value():
    random = np.random.default_rng(1)
    near = random.normal(size=400) * 1e-3
    moved = near + random.normal(size=400) * 1e-4
    step = grid_step(100.0, 4)
    rounded = np.linalg.norm((np.rint(near / step) - np.rint(moved / step)) * step)
    bound = sensitivity_on_grid(np.linalg.norm(near - moved), 400, 100.0, 4)
    assert rounded <= bound == pytest.approx(np.linalg.norm(near - moved) + 20 * step)


def test_without_a_seed_two_draws_differ():
    assert (noisy(np.zeros((4, 5)), 1.0, 3) != noisy(np.zeros((4, 5)), 1.0, 3)).any()
    assert noisy(np.zeros((4, 5)), 1.0, 3).shape == (4, 5)
