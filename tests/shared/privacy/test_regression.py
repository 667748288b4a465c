"""Logistic regression with noise: what bounds a patient, what is spent, and what is left of the model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shared.arrays import unpack_symmetric
from shared.privacy.accountant import Account
from shared.privacy.regression import RELEASES, Plan, models, plan, products, products_sensitivity, risks, rows
from shared.sections.privacy import Noise, Range

NOISE = Noise(epsilon=4, ranges=tuple(Range(feature=f"f{number}", low=-2, high=6) for number in range(5)))
SILENT = Plan(multiplier=0.0, products=0.0, scores=0.0, honest=3)


def test_rows_are_cut_scaled_and_shortened() -> None:
    computed = rows(np.array([[2.0, 2, 2, 2, 2], [4, 2, 2, 2, 2], [600, -600, 6, 6, 6]]), NOISE)
    np.testing.assert_allclose(computed[0], [1, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(computed[1], [1, 0.5, 0, 0, 0, 0])
    # Five ends of ranges have length sqrt(5); half of it is the longest.
    np.testing.assert_allclose(computed[2], [1, 0.5, -0.5, 0.5, 0.5, 0.5])


@settings(max_examples=200, deadline=None)
@given(arrays(np.float64, 5, elements=st.floats(-1e9, 1e9)), st.booleans(), st.integers(0, 2))
def test_no_patient_moves_the_sums_by_more_than_the_sensitivity(x: np.ndarray, positive: bool, part: int) -> None:
    random = np.random.default_rng(1)
    others, y, parts = random.normal(size=(9, 5)), random.integers(0, 2, 9), np.arange(9) % 3
    without = products(rows(others, NOISE), y, parts, 3)
    together = products(rows(np.vstack([others, x]), NOISE), np.append(y, int(positive)), np.append(parts, part), 3)
    moved = np.sqrt(sum(((together[name] - without[name]) ** 2).sum() for name in without))
    assert moved <= products_sensitivity(NOISE) * (1 + 1e-12)


def test_the_sensitivity_is_reached_by_a_patient_of_the_longest_row() -> None:
    """All its weight on one feature: then no product of two features is counted once instead of twice."""
    wide = NOISE.model_copy(update={"length": 1.0})
    z = rows(np.array([[6.0, 2, 2, 2, 2]]), wide)
    sums = products(z, np.array([1]), np.array([0]), 1)
    # (1, 1): H = zz'/4 has upper triangle 1/4, 1/4, 1/4; the bound counts the whole matrix.
    moved = np.sqrt(sum((sum**2).sum() for sum in sums.values()))
    assert 0.9 < moved / products_sensitivity(wide) <= 1


@pytest.mark.parametrize("epsilon", [0.5, 2.0, 8.0])
def test_two_releases_spend_the_epsilon_that_the_study_states(epsilon: float) -> None:
    made = plan(NOISE.model_copy(update={"epsilon": epsilon}), sites=4, parts=5, bins=20)
    assert made.account.epsilon(NOISE.delta) == pytest.approx(epsilon, rel=1e-3)
    assert made.account.epsilon(NOISE.delta) <= epsilon
    # Booked by what is drawn: the sensitivity on the grid over the deviation.
    drawn = Account().gaussian(made.products / products_sensitivity(NOISE)).gaussian(made.scores)
    assert drawn.epsilon(NOISE.delta) <= epsilon
    assert (made.honest, RELEASES) == (3, 2)


def test_without_noise_it_is_one_newton_step_and_ranks_as_the_whole_search() -> None:
    random = np.random.default_rng(2)
    x = random.normal(2, 1.5, size=(4000, 5))
    z = rows(x, NOISE.model_copy(update={"length": 10.0}))
    truth = np.array([0.3, 1.0, -0.8, 0.0, 0.4, 0.0])
    y = (random.random(4000) < risks(z, truth)).astype(int)
    part = np.arange(4000) % 4
    sums = products(z, y, part, 4)
    computed = models(sums, SILENT, c=1e9)
    hessian, gradient = z.T @ z / 4, z.T @ (0.5 - y)
    np.testing.assert_allclose(computed[0], -np.linalg.solve(hessian, gradient), rtol=1e-6)
    keep = part != 2
    expected = -np.linalg.solve(z[keep].T @ z[keep] / 4, z[keep].T @ (0.5 - y[keep]))
    np.testing.assert_allclose(computed[1 + 2], expected, rtol=1e-6)
    assert np.corrcoef(computed[0][1:], truth[1:])[0, 1] > 0.97
    assert unpack_symmetric(sums["curvature"]).shape == (4, 6, 6)


def test_a_curvature_that_noise_has_turned_over_still_gives_a_model() -> None:
    sums = {"curvature": -np.ones((2, 3)), "slope": np.array([[1.0, 2.0], [0.5, -1.0]])}
    computed = models(sums, Plan(1.0, 5.0, 1.0, 3), c=1.0)
    assert np.isfinite(computed).all()
    assert np.abs(computed).max() < 1
