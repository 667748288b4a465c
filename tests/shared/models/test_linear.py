import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from shared.models.linear import solve, sums
from shared.models.logistic import with_intercept


@pytest.fixture(scope="module")
def endpoint(table):
    rng = np.random.default_rng(5)
    return 40 + table[0] @ [3.0, 0, -1, 0.5, 2] + rng.normal(size=120)


def stacked(totals):
    return {name: np.asarray(total)[None] for name, total in totals.items()}


@pytest.mark.parametrize("alpha", [0.0, 0.5, 100.0])
def test_equals_scikit_learn_on_the_pooled_table(table, endpoint, add_up, alpha):
    z, _ = table
    found = solve(stacked(add_up(sums, with_intercept(z), endpoint)), alpha)
    reference = (Ridge(alpha, solver="cholesky") if alpha else LinearRegression()).fit(z, endpoint)
    assert found.coefficients[0, 1:] == pytest.approx(reference.coef_, rel=1e-9)
    assert found.coefficients[0, 0] == pytest.approx(reference.intercept_, rel=1e-12)
    assert found.r_squared[0] == pytest.approx(reference.score(z, endpoint), rel=1e-9)


def test_collinear_features_share_the_shortest_solution(table, endpoint, add_up):
    z = np.concatenate([table[0], table[0][:, :1]], axis=1)
    found = solve(stacked(add_up(sums, with_intercept(z), endpoint)))
    assert found.coefficients[0, 1:] == pytest.approx(LinearRegression().fit(z, endpoint).coef_, rel=1e-7)
    assert found.coefficients[0, 1] == pytest.approx(found.coefficients[0, -1])


def test_constant_endpoint_explains_nothing(table, add_up):
    found = solve(stacked(add_up(sums, with_intercept(table[0]), np.full(120, 2.0))))
    assert found.coefficients[0] == pytest.approx([2, 0, 0, 0, 0, 0], abs=1e-12)
    assert np.isnan(found.r_squared[0])
