import numpy as np
import pytest
from sklearn.decomposition import PCA

from shared.models.pca import components, sums


def test_equals_scikit_learn_on_the_pooled_table(table, add_up):
    z, _ = table
    reference = PCA(3, svd_solver="full").fit(z)
    computed = components(add_up(sums, z), 3)
    assert computed.loadings == pytest.approx(reference.components_, abs=1e-10)
    assert computed.variances == pytest.approx(reference.explained_variance_, rel=1e-10)
    assert computed.explained == pytest.approx(reference.explained_variance_ratio_, rel=1e-10)
    assert computed.scores(z) == pytest.approx(reference.transform(z), abs=1e-9)


def test_more_features_than_patients(add_up):
    z = np.random.default_rng(2).normal(size=(8, 20))
    parts = [sums(z[:3]), sums(z[3:])]
    computed = components({name: parts[0][name] + parts[1][name] for name in parts[0]}, 20)
    assert computed.variances[7:] == pytest.approx(np.zeros(13), abs=1e-12)
    assert computed.explained.sum() == pytest.approx(1)


def test_one_patient_has_no_components():
    with pytest.raises(ValueError, match="two patients"):
        components(sums(np.ones((1, 3))), 1)
