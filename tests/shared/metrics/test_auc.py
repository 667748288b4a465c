import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from shared.metrics.auc import Concordance, concordance, stratified

SCORES_AND_CLASSES = st.lists(st.tuples(st.integers(-5, 5).map(float), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: len({positive for _, positive in rows}) == 2
)


def arrays(rows):
    scores, positive = zip(*rows, strict=True)
    return np.array(scores), np.array(positive)


def test_counts_pairs_by_hand():
    # positives 0.9, 0.4; negatives 0.4, 0.1: 0.9 beats both, 0.4 ties one and beats one
    counted = concordance(np.array([0.9, 0.4, 0.4, 0.1]), np.array([True, True, False, False]))
    assert counted == Concordance(u=3.5, positives=2, negatives=2)
    assert counted.pairs == 4
    assert counted.auc == 0.875


@given(SCORES_AND_CLASSES)
@settings(max_examples=60, deadline=None)
def test_equals_scikit_learn_with_ties(rows):
    scores, positive = arrays(rows)
    assert concordance(scores, positive).auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-14)


@given(SCORES_AND_CLASSES)
@settings(max_examples=30, deadline=None)
def test_mirrored_scores_mirror_the_auc(rows):
    scores, positive = arrays(rows)
    assert concordance(-scores, positive).auc == pytest.approx(1 - concordance(scores, positive).auc)
    assert concordance(scores, positive).auc == concordance(np.exp(scores), positive).auc


def test_one_class_has_no_auc_but_counts():
    counted = concordance(np.array([0.2, 0.3]), np.array([True, True]))
    assert counted.pairs == 0
    assert np.isnan(counted.auc)


def test_stratified_is_sum_of_u_over_sum_of_pairs_and_skips_one_class_sites():
    both = stratified([Concordance(3.0, 2, 2), Concordance(1.0, 2, 1), Concordance(0.0, 4, 0)])
    assert both.auc == pytest.approx(4 / 6)
    assert both.pairs == 6
    assert np.isnan(stratified([Concordance(0.0, 4, 0)]).auc)


def test_recognizing_the_site_earns_nothing():
    """A score that only knows the prevalence of the site: the pooled AUC rewards it, the other does not."""
    rng = np.random.default_rng(3)
    site = np.repeat(np.arange(4), 200)
    prevalence = np.array([0.15, 0.3, 0.45, 0.6])[site]
    positive = rng.random(site.size) < prevalence
    pooled = concordance(prevalence, positive)
    within = stratified(concordance(prevalence[site == k], positive[site == k]) for k in range(4))
    assert pooled.auc > 0.6
    assert within.auc == 0.5


def test_null_variance_is_that_of_all_orderings():
    from itertools import combinations

    n, positives = 7, 3
    ranks = np.arange(n, dtype=float)
    u = []
    for chosen in combinations(range(n), positives):
        positive = np.isin(np.arange(n), chosen)
        u.append(concordance(ranks, positive).u)
    assert np.var(u) == pytest.approx(Concordance(0, positives, n - positives).null_variance)


def test_chance_range_covers_scores_without_information():
    rng = np.random.default_rng(0)
    classes = [rng.random(30) < 0.4, rng.random(50) < 0.6]
    inside = 0
    for _ in range(400):
        result = stratified(concordance(rng.random(label.size), label) for label in classes)
        inside += result.chance_low <= result.auc <= result.chance_high
    # binomial: 380 expected, standard deviation 4.4
    assert 365 <= inside <= 394


@pytest.mark.parametrize(
    ("scores", "positive", "says"),
    [
        ([0.1, np.nan], [True, False], "1 of 2 scores are not finite"),
        ([0.1, 0.2, 0.3], [True, False], "not two equal vectors"),
        ([0.1, 0.2], [1, 2], "must be Boolean"),
    ],
)
def test_refuses_what_it_cannot_count(scores, positive, says):
    with pytest.raises(ValueError, match=says):
        concordance(np.array(scores), np.array(positive))
