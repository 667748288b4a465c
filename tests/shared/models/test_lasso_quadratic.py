import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Lasso

from shared.models.lasso_quadratic import minimize


def test_one_coefficient_by_hand():
    # w^2 / 2 - 3 w + |w| has its minimum at 2; with a threshold of 4 at 0
    one = np.ones((1, 1))
    assert minimize(np.array([-3.0]), one, np.array([1.0]), np.zeros(1)) == pytest.approx([2.0])
    assert minimize(np.array([-3.0]), one, np.array([4.0]), np.array([7.0])) == pytest.approx([0.0])
    assert minimize(np.array([-3.0]), one, np.array([0.0]), np.zeros(1)) == pytest.approx([3.0])


@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 15), st.floats(0.001, 2.0))
@settings(max_examples=80, deadline=None)
def test_fulfils_the_optimality_conditions_from_any_start(seed, k, rank, penalty):
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(rank, k))
    hessian, linear = factor.T @ factor, factor.T @ rng.normal(size=rank)
    threshold = np.full(k, penalty)
    w = minimize(linear, hessian, threshold, rng.normal(size=k) * (rng.random(k) < 0.5))
    gradient = linear + hessian @ w
    assert (np.abs(gradient[w == 0]) <= penalty * (1 + 1e-9)).all()
    assert gradient[w != 0] == pytest.approx(-penalty * np.sign(w[w != 0]), rel=1e-7, abs=1e-9)


def test_equals_scikit_learn_s_lasso():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 6)) @ rng.normal(size=(6, 30))
    y = x[:, 0] - x[:, 7] + rng.normal(size=60)
    for alpha in (0.02, 0.3, 3.0):
        reference = Lasso(alpha, fit_intercept=False, tol=1e-14, max_iter=1_000_000).fit(x, y)
        computed = minimize(-x.T @ y / 60, x.T @ x / 60, np.full(30, alpha), np.zeros(30))
        objective = [((y - x @ w) ** 2).sum() / 120 + alpha * np.abs(w).sum() for w in (computed, reference.coef_)]
        assert objective[0] <= objective[1] * (1 + 1e-9)
        assert x @ computed == pytest.approx(x @ reference.coef_, abs=1e-5)
