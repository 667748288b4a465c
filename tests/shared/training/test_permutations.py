"""Shuffled labels: what stays, what a p value counts, and that the test rejects as often as it says."""

import numpy as np
import pytest

from client.exchange.permutation_rules import require_fewer_shuffles
from shared.errors import MrfedError
from shared.privacy.policy import Policy
from shared.study.plan import fits
from shared.study.study import Study
from shared.training.permutations import base_of, chance, decoded_sums, shuffled, shuffled_fits
from tests.validation.null_scenario import BOOSTED, LEVELS, NUMBERS, STUDY, bounds, null

SEEDS, BOOSTED_SEEDS, NUMBER_SEEDS = 500, 200, 300


def shuffling(study: Study, **changes: object) -> Study:
    content = study.model_dump()
    content["evaluation"] |= {"permutations": 4, **changes}
    content["model"] |= {"penalties": 3, "l1_ratio": 1.0}
    return Study.model_validate(content)


def test_every_shuffle_has_every_fold_and_its_inner_folds_of_the_study_itself(study: Study) -> None:
    asked = shuffling(study)
    base, planned = base_of(every := fits(asked, ("alpha", "beta"))), shuffled_fits(asked)
    assert len(planned) == 4 * 3 * (1 + asked.evaluation.inner_folds)
    assert [fit.inner for fit in planned[:12]] == [None] * 12
    for fit in planned:
        same = every[base(fit)]
        assert (same.fold, same.inner, same.site, same.repeat) == (fit.fold, fit.inner, None, 0)
        assert same.shuffle is None


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


def test_more_sums_over_known_groups_than_patients_allow_are_refused(study: Study) -> None:
    asked = shuffling(study)
    assert decoded_sums(asked) == 4 * 3 * 5
    require_fewer_shuffles(Policy(), asked, 120)
    with pytest.raises(MrfedError, match=r"60 sums over shuffled labels of 119 patients"):
        require_fewer_shuffles(Policy(), asked, 119)


@pytest.mark.parametrize(
    ("section", "change", "said"),
    [("harmonization", {"keep_endpoint": True}, "keep_endpoint"), ("evaluation", {"folds": 0}, "folds")],
)
def test_shuffles_that_could_not_be_blind_are_refused(
    section: str, change: dict[str, object], said: str, study: Study
) -> None:
    content = shuffling(study).model_dump()
    content[section] |= change
    with pytest.raises(ValueError, match=said):
        Study.model_validate(content)


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
