"""Shuffled labels: what a p value counts, and that the test rejects as often as it says."""

import numpy as np
import pytest

from shared.study.study import Study
from shared.training.permutations import chance, shuffled
from tests.validation.null_scenario import BOOSTED, LEVELS, NUMBERS, STUDY, bounds, null

SEEDS, BOOSTED_SEEDS, NUMBER_SEEDS = 500, 200, 300


def test_labels_change_places_within_their_fold_only() -> None:
    random = np.random.default_rng(1)
    labels, folds = random.integers(0, 3, 90), random.integers(0, 4, 90)
    found = shuffled(labels, folds, random)
    assert (found != labels).any()
    for fold in range(4):
        assert sorted(found[folds == fold]) == sorted(labels[folds == fold])


def test_the_true_labels_count_as_a_shuffle() -> None:
    assert chance(0.7, np.array([0.5, 0.6, 0.4])) == 0.25
    assert chance(0.6, np.array([0.5, 0.6, 0.7])) == 0.75  # a tie is no better than chance
    assert chance(0.6, np.array([np.nan, 0.5])) == 0.5


@pytest.mark.slow
def test_where_there_is_nothing_to_find_the_test_rejects_at_its_nominal_rate() -> None:
    found = [null(seed) for seed in range(SEEDS)]
    rejected = sum(one.p_value <= 0.05 for one in found)
    low, high = bounds(SEEDS)
    assert low <= rejected <= high
    assert abs(np.mean([one.auc for one in found]) - 0.5) < 3 * np.std([one.auc for one in found]) / np.sqrt(SEEDS)


@pytest.mark.slow
def test_p_values_of_boosted_trees_are_uniform_where_there_is_nothing_to_find() -> None:
    found = np.array([null(seed, study=BOOSTED).p_value for seed in range(BOOSTED_SEEDS)])
    for level in LEVELS:
        low, high = bounds(BOOSTED_SEEDS, level)
        assert low <= (found <= level).sum() <= high, level


@pytest.mark.slow
def test_p_values_of_a_number_are_uniform_where_there_is_nothing_to_find() -> None:
    found = np.array([null(seed, study=NUMBERS).p_value for seed in range(NUMBER_SEEDS)])
    for level in LEVELS:
        low, high = bounds(NUMBER_SEEDS, level)
        assert low <= (found <= level).sum() <= high, level


@pytest.mark.parametrize("study", [STUDY, BOOSTED, NUMBERS], ids=["logistic", "boosting", "linear"])
def test_where_a_feature_tells_the_classes_apart_it_rejects(study: Study) -> None:
    assert all(null(seed, 1.5, study).p_value <= 0.05 for seed in range(3))
