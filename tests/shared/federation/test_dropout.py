"""In which exchanges a study may lose sites."""

import pytest

from shared.federation import dropout
from shared.sections.federation import Dropout
from shared.sections.privacy import SiteSums
from shared.step import Step
from tests.lost_sites import four_sites


@pytest.mark.parametrize(
    ("mode", "choice", "expected"),
    [
        (SiteSums.DERIVABLE, Dropout.WAIT, set()),
        (SiteSums.HIDDEN, Dropout.CONTINUE, {"describe"}),
        (
            SiteSums.DERIVABLE,
            Dropout.CONTINUE,
            {"describe", "harmonize", "moments", "gram", "train-0", "train-1", "train-2", "threshold", "evaluate"},
        ),
    ],
)
def test_exchanges_of_sums_lose_sites_where_the_sums_before_allow_it(
    mode: SiteSums, choice: Dropout, expected: set[str]
) -> None:
    study = four_sites(mode, choice)
    sums = {"describe", "harmonize", "moments", "gram", "train-0", "train-1", "train-2", "threshold", "evaluate"}
    names = {"enroll", "inventory", *sums}
    assert {one for one in names | {"finish"} if dropout.may_lose(study, one)} == expected
    assert dropout.times(study) == len(expected)


def test_parts_of_an_exchange_are_named_after_it() -> None:
    assert dropout.about("train-3.agree") == ("train-3", Step.AGREE)
    assert dropout.about(dropout.part("moments", Step.DISCLOSE)) == ("moments", Step.DISCLOSE)
    assert dropout.about("train-3") == ("train-3", None)
    assert dropout.about("train-3.describe") == ("train-3.describe", None)  # no exchange is called so


@pytest.mark.parametrize(("asked", "minimum", "expected"), [(3, 1, 2), (4, 1, 3), (4, 4, 4), (9, 3, 5)])
def test_more_than_half_must_have_answered(asked: int, minimum: int, expected: int) -> None:
    assert dropout.least(asked, minimum) == expected


def test_going_on_without_masks_makes_no_sense() -> None:
    study = four_sites(SiteSums.HIDDEN)
    content = study.model_dump()
    with pytest.raises(ValueError, match="a protocol of masks"):
        type(study).model_validate({**content, "privacy": {**content["privacy"], "masked": False}})
