import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from shared.models.linear import Linear
from shared.models.logistic import with_intercept
from shared.models.proximal import Search, advance


@pytest.mark.parametrize("alpha", [0.0, 0.5, 100.0])
def test_equals_scikit_learn_on_the_pooled_table_after_one_step(table, add_up, alpha):
    z, _ = table
    y = 40 + z @ [3.0, 0, -1, 0.5, 2] + np.random.default_rng(5).normal(size=120)
    search, exchanges = Search.start(Linear(), np.array([[120.0]]), np.zeros(1), np.array([alpha]), 6), 0
    while not search.converged(1e-10):
        totals = add_up(lambda d, y, at=search.trial[0]: Linear().sums(d, y, at, 0), with_intercept(z), y)
        search = advance(search, {name: np.asarray(one)[None] for name, one in totals.items()})
        exchanges += 1
    reference = (Ridge(alpha, solver="cholesky") if alpha else LinearRegression()).fit(z, y)
    assert search.accepted[0, 1:] == pytest.approx(reference.coef_, rel=1e-9)
    assert search.accepted[0, 0] == pytest.approx(reference.intercept_, rel=1e-12)
    assert Linear().predict(with_intercept(z), search.accepted[0], 0)[:, 0] == pytest.approx(reference.predict(z))
    assert exchanges == 2
