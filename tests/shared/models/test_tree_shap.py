"""SHAP values of trees against their definition: every order in which features can be exchanged."""

from itertools import permutations

import numpy as np
import pytest

from shared.models.tree_shap import splits, tree_shap
from shared.models.trees import Ensemble

FEATURES = 4


@pytest.fixture
def ensemble() -> Ensemble:
    """Three trees of depth 3, grown at random; a feature may come twice on one way, and a branch may end early."""
    random = np.random.default_rng(5)
    feature = np.full((3, 15), -1)
    feature[:, :7] = random.integers(0, FEATURES, (3, 7))
    feature[1, 2] = -1
    return Ensemble(8, 0.3, feature, random.integers(1, 7, (3, 15)), random.normal(size=(3, 15, 2)))


def by_definition(ensemble: Ensemble, patient: np.ndarray, other: np.ndarray, output: int) -> np.ndarray:
    computed = np.zeros(FEATURES)
    orders = list(permutations(range(FEATURES)))
    for order in orders:
        mixed = other.copy()
        before = ensemble.total(mixed[None])[0, output]
        for feature in order:
            mixed[feature] = patient[feature]
            after = ensemble.total(mixed[None])[0, output]
            computed[feature] += after - before
            before = after
    return computed / len(orders)


@pytest.mark.parametrize("output", [0, -1])
@pytest.mark.slow
def test_values_are_the_means_over_all_orders(ensemble: Ensemble, output: int) -> None:
    random = np.random.default_rng(6)
    z, background = random.normal(size=(5, FEATURES)), random.normal(size=(4, FEATURES))
    expected = [np.mean([by_definition(ensemble, one, other, output) for other in background], axis=0) for one in z]
    np.testing.assert_allclose(tree_shap(ensemble, z, background, output), expected, rtol=0, atol=1e-12)


def test_values_add_up_to_what_the_trees_say(ensemble: Ensemble) -> None:
    random = np.random.default_rng(7)
    z, background = random.normal(size=(30, FEATURES)), random.normal(size=(20, FEATURES))
    said = ensemble.total(z)[:, -1] - ensemble.total(background)[:, -1].mean()
    np.testing.assert_allclose(tree_shap(ensemble, z, background).sum(axis=1), said, rtol=0, atol=1e-12)


def test_a_feature_without_splits_has_no_value(ensemble: Ensemble) -> None:
    feature = np.where(ensemble.feature == 2, 1, ensemble.feature)
    without = Ensemble(ensemble.bins, ensemble.base, feature, ensemble.bin, ensemble.value)
    z = np.random.default_rng(8).normal(size=(10, FEATURES))
    assert (tree_shap(without, z, z)[:, 2] == 0).all()
    assert splits(without, FEATURES)[2] == 0
    assert (splits(without, FEATURES)[[0, 1]] > 0).all()
