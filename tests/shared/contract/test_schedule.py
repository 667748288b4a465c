"""The order of a study's exchanges, and the one name of each."""

import pytest

from shared.contract.schedule import Phase, Schedule, made, schedule
from shared.errors import Code, MrfedError
from shared.step import Step
from shared.study.study import Study

SHORT = Schedule(
    (
        Phase(Step.ENROLL),
        Phase(Step.HARMONIZE, 2, numbered=True, optional=True),
        Phase(Step.TRAIN, 3, numbered=True, optional=True),
        Phase(Step.FINISH),
    )
)


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("enroll", ""),
        ("harmonize-0", "enroll"),
        ("harmonize-1", "harmonize-0"),
        ("train-0", "enroll"),
        ("train-0", "harmonize-0"),
        ("train-2", "train-1"),
        ("finish", "enroll"),
        ("finish", "train-1"),
    ],
)
def test_an_exchange_follows_its_predecessor(name: str, after: str) -> None:
    assert SHORT.follows(name, after)


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("harmonize-0", ""),  # enrolment is not optional
        ("harmonize-1", "enroll"),  # begins in the middle
        ("train-1", "harmonize-0"),
        ("train-2", "train-0"),  # skipped
        ("train-1", "train-1"),  # its own successor
        ("enroll", "train-0"),  # back
        ("harmonize-1", "train-0"),
        ("finish", ""),
    ],
)
def test_another_order_is_none(name: str, after: str) -> None:
    assert not SHORT.follows(name, after)


@pytest.mark.parametrize(
    "name", ["finish-1", "enroll-0", "train", "train-", "train-01", "train-3", "train-٣", "", "-1", "rest", "train-1x"]
)
def test_no_second_name_for_an_exchange(name: str) -> None:
    with pytest.raises(MrfedError, match="is no exchange") as caught:
        SHORT.position(name)
    assert caught.value.code is Code.REFUSED


def test_the_latest_of_several_and_the_longest_schedule() -> None:
    assert SHORT.last(["train-1", "enroll", "train-0", "harmonize-1"]) == "train-1"
    assert SHORT.last([]) == ""
    assert SHORT.longest == 7


def test_the_number_of_repetitions_follows_from_the_exchange_before() -> None:
    assert [made(one, Step.TRAIN) for one in ("moments", "train-0", "train-9")] == [0, 1, 10]


def test_a_study_names_every_step_of_its_schedule_once(study: Study) -> None:
    planned = schedule(study)
    steps = [phase.step for phase in planned.phases]
    assert len(steps) == len(set(steps))
    assert (steps[0], steps[-1]) == (Step.ENROLL, Step.FINISH)
    assert planned.step("train-11") is Step.TRAIN
    with pytest.raises(MrfedError, match="is no exchange"):
        planned.step(f"train-{study.training.max_iterations}")
    assert planned.begins_with_features
