"""Models of several classes from sums of three sites, against scikit-learn and statsmodels on the pooled table."""

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, LogisticRegression
from statsmodels.miscmodels.ordinal_model import OrderedModel

from shared.arrays import unpack_symmetric
from shared.models.linear import Linear
from shared.models.logistic import with_intercept
from shared.models.multinomial import Multinomial
from shared.models.ordinal import Ordinal
from shared.models.proximal import Search, advance


@pytest.fixture(scope="module")
def three(table):
    """Three ordered classes that the features tell apart a little."""
    z, _ = table
    noise = np.random.default_rng(8).logistic(size=len(z))
    return z, np.digitize(z @ [1.0, -0.5, 0.3, 0.0, 0.0] + noise, [-0.7, 1.0])


def train(family, z, y, add_up, l1=0.0, l2=0.0, classes=3, limit=40):
    design = with_intercept(z)
    search = Search.start(
        family, np.bincount(y, minlength=classes)[None].astype(float), np.array([l1]), np.array([l2]), design.shape[1]
    )
    for exchanges in range(1, limit):
        totals = add_up(lambda d, y, at=search.trial[0]: family.sums(d, y, at, classes), design, y)
        search = advance(search, {name: np.asarray(total)[None] for name, total in totals.items()})
        if search.converged(1e-10):
            return search.accepted[0], exchanges
    raise AssertionError("not converged")


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_multinomial_is_scikit_learns_with_centred_intercepts(three, add_up, c):
    z, y = three
    computed, exchanges = train(Multinomial(), z, y, add_up, l2=1 / c)
    rows = computed.reshape(3, -1)
    reference = LogisticRegression(C=c, solver="newton-cg", tol=1e-12, max_iter=10_000).fit(z, y)
    scale = np.abs(reference.coef_).max()
    np.testing.assert_allclose(rows[:, 1:], reference.coef_, atol=1e-6 * scale)
    expected = reference.intercept_ - reference.intercept_.mean()
    np.testing.assert_allclose(rows[:, 0], expected, atol=1e-6)
    assert abs(rows[:, 0].sum()) < 1e-9
    np.testing.assert_allclose(
        Multinomial().predict(with_intercept(z), computed, 3), reference.predict_proba(z), atol=1e-6
    )
    assert exchanges < 12


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_multinomial_elastic_net_is_scikit_learns(three, add_up, l1_ratio):
    z, y = three
    c = 0.1
    computed, _ = train(Multinomial(), z, y, add_up, l1=l1_ratio / c, l2=(1 - l1_ratio) / c)
    reference = LogisticRegression(C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=100_000).fit(z, y)
    rows = computed.reshape(3, -1)
    np.testing.assert_allclose(rows[:, 1:], reference.coef_, atol=1e-6 * np.abs(reference.coef_).max())
    np.testing.assert_array_equal(rows[:, 1:] != 0, reference.coef_ != 0)


@pytest.mark.slow
def test_ordinal_is_statsmodels_proportional_odds(three, add_up):
    z, y = three
    computed, exchanges = train(Ordinal(), z, y, add_up)
    fitted = OrderedModel(y, z, distr="logit").fit(method="newton", tol=1e-9, maxiter=200, disp=False)
    np.testing.assert_allclose(computed[2:], fitted.params[:5], rtol=1e-6)
    np.testing.assert_allclose(computed[:2], fitted.model.transform_threshold_params(fitted.params)[1:-1], rtol=1e-6)
    np.testing.assert_allclose(Ordinal().predict(with_intercept(z), computed, 3), fitted.predict(z), atol=1e-8)
    assert exchanges < 12


def test_an_ordinal_penalty_shrinks_weights_and_spares_thresholds(three, add_up):
    z, y = three
    computed, _ = train(Ordinal(), z, y, add_up, l1=1e4)
    assert (computed[2:] == 0).all()
    np.testing.assert_allclose(1 / (1 + np.exp(-computed[:2])), np.cumsum(np.bincount(y))[:2] / len(y), rtol=1e-8)


@pytest.mark.parametrize("family", [Multinomial(), Ordinal()])
def test_gradient_and_hessian_are_the_derivatives_of_the_loss(three, family):
    z, y = three
    design = with_intercept(z)
    at = family.start(np.bincount(y).astype(float), 6) + np.linspace(-0.2, 0.3, family.size(6, 3))
    told, step = family.sums(design, y, at, 3), 1e-5
    hessian = unpack_symmetric(told["hessian"][None])[0]
    for k, unit in enumerate(np.eye(len(at)) * step):
        up, down = family.sums(design, y, at + unit, 3), family.sums(design, y, at - unit, 3)
        assert told["gradient"][k] == pytest.approx((up["loss"] - down["loss"]) / (2 * step), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(hessian[k], (up["gradient"] - down["gradient"]) / (2 * step), rtol=1e-5, atol=1e-4)


def test_separable_ordered_classes_stay_finite_under_a_penalty(add_up):
    z = np.linspace(-2, 2, 60)[:, None]
    computed, _ = train(Ordinal(), z, np.digitize(z[:, 0], [-0.7, 0.7]), add_up, l2=0.1)
    assert np.isfinite(computed).all()
    assert computed[0] < computed[1]


def test_a_fit_without_a_class_stays_where_it_began(three, add_up):
    z, y = three
    computed, exchanges = train(Multinomial(), z[y < 2], y[y < 2], add_up)
    assert exchanges == 1
    assert (computed == 0).all()


def test_linear_elastic_net_is_scikit_learns_in_one_step(table, add_up):
    z, _ = table
    y = 40 + z @ [3.0, 0, -1, 0.5, 2] + np.random.default_rng(5).normal(size=120)
    design, alpha = with_intercept(z), 0.8
    search = Search.start(Linear(), np.array([[120.0]]), np.array([60 * alpha]), np.array([60 * alpha]), 6)
    exchanges = 0
    while not search.converged(1e-10):
        totals = add_up(lambda d, y, at=search.trial[0]: Linear().sums(d, y, at, 0), design, y)
        search, exchanges = (
            advance(search, {name: np.asarray(total)[None] for name, total in totals.items()}),
            exchanges + 1,
        )
    reference = ElasticNet(alpha=alpha, l1_ratio=0.5, tol=1e-14, max_iter=100_000).fit(z, y)
    np.testing.assert_allclose(search.accepted[0, 1:], reference.coef_, atol=1e-8)
    assert search.accepted[0, 0] == pytest.approx(reference.intercept_)
    assert (reference.coef_ == 0).any()
    assert exchanges == 2
