import numpy as np
import pytest
from sklearn.svm import LinearSVC

from shared.models.logistic import with_intercept
from shared.models.proximal import Search, advance
from shared.models.svm import Svm


def train(design, y, c, add_up):
    totals = np.bincount(y, minlength=2)[None].astype(float)
    search = Search.start(Svm(), totals, np.zeros(1), np.array([1 / c]), design.shape[1])
    for exchanges in range(1, 60):
        told = add_up(lambda d, y, at=search.trial[0]: Svm().sums(d, y, at, 2), design, y)
        search = advance(search, {name: np.asarray(total)[None] for name, total in told.items()})
        if search.converged(1e-10):
            return search.accepted[0], exchanges
    raise AssertionError("not converged")


@pytest.mark.parametrize("c", [0.01, 1.0, 30.0])
def test_equals_linear_svc_on_the_pooled_table(table, add_up, c):
    z, y = table
    computed, exchanges = train(with_intercept(z), y, c, add_up)
    reference = LinearSVC(C=c, loss="squared_hinge", dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
    scale = np.abs(reference.coef_).max()
    assert computed[1:] == pytest.approx(reference.coef_[0], abs=1e-6 * scale)
    assert computed[0] == pytest.approx(reference.intercept_[0], abs=1e-6 * scale)
    assert exchanges < 20


def test_gradient_is_the_derivative_of_the_loss(table):
    z, y = table
    design, at, step = with_intercept(z), np.linspace(-1, 1, 6), 1e-6
    gradient = Svm().sums(design, y, at, 2)["gradient"]
    for k, unit in enumerate(np.eye(6) * step):
        rise = Svm().sums(design, y, at + unit, 2)["loss"] - Svm().sums(design, y, at - unit, 2)["loss"]
        assert gradient[k] == pytest.approx(rise / (2 * step), rel=1e-5)


def test_separable_classes_have_a_finite_solution(add_up):
    z = np.linspace(-2, 2, 60)[:, None]
    computed, _ = train(with_intercept(z), (z[:, 0] > 0).astype(int), 1.0, add_up)
    assert np.isfinite(computed).all()
