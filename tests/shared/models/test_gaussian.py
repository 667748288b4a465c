import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

from shared.models.gaussian import linear, quadratic, sums


@pytest.fixture(scope="module")
def three_classes(table):
    z, y = table
    return z, y + (z[:, 4] > 0.8)


def totals(add_up, z, classes, k=3):
    return add_up(lambda one, labels: sums(one, labels, k), z, classes)


@pytest.mark.parametrize("shrinkage", [0.0, 0.3])
def test_linear_equals_scikit_learn(three_classes, add_up, shrinkage):
    z, classes = three_classes
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage or None).fit(z, classes)
    computed = linear(totals(add_up, z, classes), shrinkage)
    if shrinkage:
        # scikit-learn shrinks each class's covariance towards its own mean variance; the weighted mean is the same
        assert computed.covariances[0] == pytest.approx(reference.covariance_, rel=1e-9, abs=1e-12)
    assert computed.means == pytest.approx(reference.means_, abs=1e-12)
    assert computed.risks(z) == pytest.approx(reference.predict_proba(z), abs=1e-9)


@pytest.mark.parametrize("regularization", [0.0, 0.2])
def test_quadratic_equals_scikit_learn(three_classes, add_up, regularization):
    z, classes = three_classes
    reference = QuadraticDiscriminantAnalysis(reg_param=regularization).fit(z, classes)
    computed = quadratic(totals(add_up, z, classes), regularization)
    assert computed.risks(z) == pytest.approx(reference.predict_proba(z), abs=1e-9)


def test_what_cannot_be_estimated_is_refused(table, add_up):
    z, y = table
    with pytest.raises(ValueError, match="patients of each class"):
        linear(totals(add_up, z, y))
    single = np.where(np.arange(120) == 0, 2, y)
    with pytest.raises(ValueError, match="two patients of each class"):
        quadratic(totals(add_up, z, single))
    doubled = np.concatenate([z, z[:, :1]], axis=1)
    with pytest.raises(ValueError, match="6 features is singular"):
        linear(totals(add_up, doubled, y, 2))
    assert np.isfinite(linear(totals(add_up, doubled, y, 2), 0.1).risks(doubled)).all()
