"""Studies with shuffled labels: which fits they have, and which are refused."""

import pytest

from shared.errors import MrfedError
from shared.privacy.permutation_rules import require_fewer_shuffles
from shared.privacy.policy import Policy
from shared.study.permutation_plan import base_of, decoded_sums, shuffled_fits
from shared.study.plan import fits
from shared.study.study import Study


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
        assert (same.left_out, same.inner) == (fit.left_out, fit.inner)
        assert fit.left_out.repeat == 0


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
