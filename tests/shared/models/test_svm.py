from functools import partial

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from shared.models.logistic import with_intercept
from shared.models.newton import Newton, advance
from shared.models.svm import sums


def train(design, y, c, add_up):
    newton = Newton.start(np.array([True]), design.shape[1])
    for exchanges in range(1, 60):
        totals = add_up(partial(sums, coefficients=newton.coefficients[0]), design, y)
        newton = advance(newton, {name: total[None] for name, total in totals.items()}, c, free_intercept=False)
        if newton.converged(1e-10):
            return newton.accepted[0], exchanges
    raise AssertionError("not converged")


@pytest.mark.parametrize("c", [0.01, 1.0, 30.0])
def test_equals_linear_svc_on_the_pooled_table(table, add_up, c):
    z, y = table
    found, exchanges = train(with_intercept(z), y, c, add_up)
    reference = LinearSVC(C=c, loss="squared_hinge", dual=False, tol=1e-12, max_iter=100_000).fit(z, y)
    scale = np.abs(reference.coef_).max()
    assert found[1:] == pytest.approx(reference.coef_[0], abs=1e-6 * scale)
    assert found[0] == pytest.approx(reference.intercept_[0], abs=1e-6 * scale)
    assert exchanges < 20


def test_gradient_is_the_derivative_of_the_loss(table):
    z, y = table
    design, at, step = with_intercept(z), np.linspace(-1, 1, 6), 1e-6
    gradient = sums(design, y, at)["gradient"]
    for k, unit in enumerate(np.eye(6) * step):
        rise = sums(design, y, at + unit)["loss"] - sums(design, y, at - unit)["loss"]
        assert gradient[k] == pytest.approx(rise / (2 * step), rel=1e-5)


def test_separable_classes_have_a_finite_solution(add_up):
    z = np.linspace(-2, 2, 60)[:, None]
    found, _ = train(with_intercept(z), (z[:, 0] > 0).astype(int), 1.0, add_up)
    assert np.isfinite(found).all()
