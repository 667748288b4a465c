from functools import partial

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier

from shared.models.boosting import Boosting, Growth, Tree, advance, sums, to_bins

BINS = 16


@pytest.fixture(scope="module")
def patients():
    rng = np.random.default_rng(8)
    z = rng.normal(size=(300, 6))
    edges = np.quantile(z, np.arange(1, BINS) / BINS, axis=0).T
    y = (rng.random(300) < expit(1.5 * (z[:, 0] > 0.3) - z[:, 1] + z[:, 2] * z[:, 3])).astype(int)
    return to_bins(z, edges), y


def grow(binned, y, growth, parts=(slice(100), slice(100, 130), slice(130, None))):
    boosting, exchanges = Boosting.start(growth, np.bincount(y, minlength=2)), 0
    while not boosting.finished:
        site = partial(sums, boosting, bins=BINS)
        answers = [site(binned[rows], y[rows]) for rows in parts]
        boosting = advance(boosting, {name: sum(answer[name] for answer in answers) for name in answers[0]})
        exchanges += 1
    return boosting, exchanges


@pytest.mark.parametrize(("depth", "l2"), [(1, 0.0), (3, 1.0), (4, 5.0)])
def test_equals_scikit_learn_on_the_pooled_table_in_the_same_bins(patients, depth, l2):
    binned, y = patients
    growth = Growth(trees=25, depth=depth, learning_rate=0.1, l2=l2, least_patients=15)
    computed, exchanges = grow(binned, y, growth)
    reference = HistGradientBoostingClassifier(
        max_iter=25, max_depth=depth, learning_rate=0.1, l2_regularization=l2, min_samples_leaf=15,
        max_leaf_nodes=None, early_stopping=False,
    ).fit(binned.astype(float), y)  # fmt: skip
    # scikit-learn keeps gradients in single precision
    assert computed.log_odds(binned) == pytest.approx(reference.decision_function(binned.astype(float)), abs=1e-5)
    assert exchanges <= 25 * depth


def test_sites_and_one_table_grow_the_same_trees(patients):
    binned, y = patients
    growth = Growth(trees=10, depth=3)
    several, _ = grow(binned, y, growth)
    one, _ = grow(binned, y, growth, (slice(None),))
    for mine, theirs in zip(several.trees, one.trees, strict=True):
        assert (mine.feature == theirs.feature).all()
        assert (mine.bin == theirs.bin).all()
        assert mine.value == pytest.approx(theirs.value, rel=1e-9)


def test_one_split_by_hand():
    # risks 1/2, gradients -+1/2, Hessians 1/4: leaves of two patients have -(-+1) / (1/2 + 1/2)
    binned, y = np.array([[0], [0], [3], [3]]), np.array([0, 0, 1, 1])
    computed, exchanges = grow(binned, y, Growth(trees=1, depth=2, learning_rate=1.0, l2=0.5, least_patients=1))
    (tree,) = computed.trees
    assert (tree.feature[0], tree.bin[0]) == (0, 0)
    assert computed.log_odds(binned) == pytest.approx([-1, -1, 1, 1])
    assert exchanges == 2


def test_no_split_leaves_too_few_patients(patients):
    binned, y = patients
    computed, _ = grow(binned, y, Growth(trees=5, depth=3, least_patients=40))
    for tree in computed.trees:
        assert np.bincount(tree.ends(binned))[np.unique(tree.ends(binned))].min() >= 40


def test_features_without_a_split_leave_the_base(patients):
    _, y = patients
    constant = np.zeros((300, 2), dtype=int)
    computed, exchanges = grow(constant, y, Growth(trees=3, depth=3))
    assert computed.log_odds(constant) == pytest.approx(np.full(300, logit(y.mean())))
    assert exchanges == 3


def test_bins_hold_the_edge_below():
    edges = np.array([[0.0, 1.0]])
    assert to_bins(np.array([[-1.0], [0.0], [0.5], [1.0], [2.0]]), edges).ravel().tolist() == [0, 0, 1, 1, 2]


def test_patients_end_where_their_bins_lead():
    tree = Tree(np.array([0, -1, 1, -1, -1, -1, -1]), np.array([1, 0, 0, 0, 0, 0, 0]), np.zeros(7))
    assert tree.ends(np.array([[0, 9], [1, 0], [2, 0], [2, 1]])).tolist() == [1, 1, 5, 6]


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="both classes"):
        Boosting.start(Growth(), np.array([10, 0]))
