"""Site probes from sums: equal to the pooled table, right on known cases, and as good as scikit-learn's."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from harmonization import probe_auc, probe_forest, probe_linear
from harmonization.probe_forest import Forest, Size
from harmonization.products import site_products
from harmonization.sums import total

CLASSES = 3


@pytest.fixture
def patients():
    random = np.random.default_rng(1)
    label = np.repeat([0, 1, 2], (60, 80, 70))
    u = random.normal(size=(210, 12))
    u[:, 0] += label
    u[:, 1] += 1.5 * (label == 1) * np.sign(u[:, 2])
    return u, label, random.integers(0, 4, 210)


def grown(u, label, site, size, rules):
    forest = Forest.seed(size)
    for _ in range(size.depth):
        forest = probe_forest.grow(
            forest,
            sum(
                probe_forest.level_counts(u[site == name], label[site == name], CLASSES, rules, forest)
                for name in np.unique(site)
            ),
        )
    return forest


def rules_for(u, size, seed=0):
    edges = np.linspace(-6, 6, 65)
    histogram = np.stack([np.histogram(column, edges)[0] for column in u.T])
    return probe_forest.draw(size, edges, histogram, np.random.default_rng(seed))


def test_forest_of_sites_is_the_forest_of_the_pooled_table(patients):
    u, label, site = patients
    size = Size(trees=7, depth=4, rules=6)
    rules = rules_for(u, size)
    apart, pooled = grown(u, label, site, size, rules), grown(u, label, np.zeros(210), size, rules)
    assert np.array_equal(apart.chosen, pooled.chosen)
    assert np.array_equal(apart.leaves, pooled.leaves)


def test_nodes_choose_the_purest_rule(patients):
    u, label, _ = patients
    size = Size(trees=3, depth=2, rules=9)
    rules = rules_for(u, size)
    forest = grown(u, label, np.zeros(210), size, rules)

    def gini(members):
        shares = np.bincount(members, minlength=CLASSES) / max(len(members), 1)
        return len(members) * (1 - (shares**2).sum())

    for tree in range(3):
        rest = [np.arange(210)]
        for node in range(3):
            mine = rest[node]
            left = [
                u[mine, f] <= t for f, t in zip(rules.feature[tree, node], rules.threshold[tree, node], strict=True)
            ]
            impurity = [gini(label[mine[side]]) + gini(label[mine[~side]]) for side in left]
            side = left[forest.chosen[tree, node]]
            assert impurity[forest.chosen[tree, node]] == pytest.approx(min(impurity))
            rest += [mine[side], mine[~side]]
        for leaf in range(4):
            assert forest.leaves[tree, leaf].tolist() == np.bincount(label[rest[3 + leaf]], minlength=CLASSES).tolist()


def test_every_patient_is_in_one_leaf_of_each_tree(patients):
    u, label, _ = patients
    forest = grown(u, label, np.zeros(210), Size(5, 3, 4), rules_for(u, Size(5, 3, 4)))
    assert (forest.leaves.sum(axis=(1, 2)) == 210).all()
    shares = probe_forest.probabilities(u, rules_for(u, Size(5, 3, 4)), forest)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert (shares > 0).all()


def test_thresholds_follow_the_histogram():
    size = Size(trees=20, depth=4, rules=10)
    histogram = np.array([[0, 90, 10, 0], [0, 0, 0, 50]])
    rules = probe_forest.draw(size, np.array([0.0, 1, 2, 3, 4]), histogram, np.random.default_rng(1))
    first, second = rules.threshold[rules.feature == 0], rules.threshold[rules.feature == 1]
    assert ((first >= 1) & (first <= 3)).all()
    assert np.mean(first <= 2) == pytest.approx(0.9, abs=0.03)
    assert ((second >= 3) & (second <= 4)).all()


def test_forest_sees_what_a_line_does_not():
    random = np.random.default_rng(3)
    u = random.normal(size=(600, 4))
    label = (u[:, 0] * u[:, 1] > 0).astype(np.intp)
    train, test = np.arange(600) < 400, np.arange(600) >= 400
    size = Size(trees=40, depth=6, rules=20)
    rules = rules_for(u, size)
    forest = Forest.seed(size)
    for _ in range(size.depth):
        forest = probe_forest.grow(forest, probe_forest.level_counts(u[train], label[train], 2, rules, forest))
    seen = probe_forest.probabilities(u[test], rules, forest)
    assert probe_auc.auc(probe_auc.score_counts(seen, label[test])) > 0.85
    inverse = probe_linear.metric(site_products(u, np.zeros(600)))
    line = probe_linear.discriminant(probe_linear.class_sums(u[train], label[train], 2), inverse)
    assert probe_auc.auc(probe_auc.score_counts(line.probabilities(u[test]), label[test])) < 0.6


def test_linear_probe_of_sites_is_that_of_the_pooled_table(patients):
    u, label, site = patients
    products = total(site_products(u[site == number], np.zeros((site == number).sum())) for number in range(4))
    sums = sum(probe_linear.class_sums(u[site == number], label[site == number], CLASSES) for number in range(4))
    apart = probe_linear.discriminant(sums, probe_linear.metric(products))
    pooled = probe_linear.discriminant(
        probe_linear.class_sums(u, label, CLASSES), probe_linear.metric(site_products(u, np.zeros(210)))
    )
    assert apart.weights == pytest.approx(pooled.weights, rel=1e-9)
    assert apart.bias == pytest.approx(pooled.bias, rel=1e-9)


def test_linear_probe_with_the_covariance_within_classes_is_discriminant_analysis(patients):
    u, label, _ = patients
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(u, label)
    inverse = np.linalg.inv(theirs.covariance_)
    ours = probe_linear.discriminant(probe_linear.class_sums(u, label, CLASSES), inverse)
    assert ours.probabilities(u) == pytest.approx(theirs.predict_proba(u), rel=1e-6)


def test_metric_of_many_patients_is_the_inverse_covariance(patients):
    u, _, _ = patients
    many = np.tile(u, (200, 1))
    inverse = probe_linear.metric(site_products(many, np.zeros(len(many))))
    assert inverse == pytest.approx(np.linalg.inv(np.cov(u.T, ddof=0)), abs=2e-3)
    few = probe_linear.metric(site_products(u[:5], np.zeros(5)))
    assert np.linalg.cond(few) < 100


def test_auc_equals_scikit_learn_within_its_bound(patients):
    _, label, _ = patients
    random = np.random.default_rng(5)
    raw = random.random((210, CLASSES)) + 0.6 * (label[:, None] == np.arange(CLASSES))
    probability = raw / raw.sum(axis=1, keepdims=True)
    counts = probe_auc.score_counts(probability[:100], label[:100]) + probe_auc.score_counts(
        probability[100:], label[100:]
    )
    theirs = roc_auc_score(label, probability, multi_class="ovr", average="macro")
    assert 0 < probe_auc.bound(counts) < 0.01
    assert abs(probe_auc.auc(counts) - theirs) <= probe_auc.bound(counts)


def test_auc_of_certainty_and_of_a_class_without_patients():
    label = np.array([0, 1, 1, 0])
    certain = np.eye(2)[label]
    assert probe_auc.auc(probe_auc.score_counts(certain, label)) == 1.0
    assert np.isnan(probe_auc.auc(probe_auc.score_counts(certain, np.zeros(4, dtype=np.intp))))


def test_equal_probabilities_tell_nothing():
    same = np.full((6, 2), 0.5)
    counts = probe_auc.score_counts(same, np.array([0, 1, 1, 0, 0, 1]))
    assert probe_auc.auc(counts) == 0.5
    assert probe_auc.bound(counts) == 0.5
