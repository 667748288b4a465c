"""The examination before treatment, by the site's word, by a trial's labels and by dates."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from shared.errors import Code, MrfedError
from tests.exports import uid, write_dynamic

Exam = tuple[str, str]
"""Date, and label of the time point."""


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., Examination]:
    def run(*exams: Exam, without: str | None = None, **mapping: object) -> Examination:
        def change(one: Dataset, phase: int, index: int) -> None:
            if without is not None:
                delattr(one, without)

        for number, (date, label) in enumerate(exams):
            write_dynamic(
                tmp_path / "in" / str(number),
                series=f"series {number}",
                StudyInstanceUID=uid(f"study {number}"),
                StudyDate=date,
                ClinicalTrialTimePointID=label,
                change=change,
            )
        index = Index(tmp_path / "in", tmp_path / "index.sqlite")
        index.update()
        return examine(index.patient("P1"), Mapping.model_validate(mapping))

    return run


def test_labels_in_the_order_of_dates_tell_nothing_new(examined: Callable[..., Examination]) -> None:
    found = examined(("20240501", "T2"), ("20240108", "T1"))
    assert (found.study_date, found.timepoint) == ("20240108", "T1")
    assert found.notes == ("2 examinations; the earliest (20240108) is used",)


def test_the_site_says_which_label_is_the_first(examined: Callable[..., Examination]) -> None:
    found = examined(("20240108", "T2"), ("20240501", "T1"), baseline="t1")
    assert (found.study_date, found.timepoint) == ("20240501", "T1")
    assert found.notes == ("2 examinations; that of time point T1 is used",)


def test_a_label_that_says_so_itself(examined: Callable[..., Examination]) -> None:
    found = examined(("", "Week 3"), ("", "Baseline"))
    assert found.timepoint == "Baseline"


def test_dates_and_labels_that_contradict_each_other_are_refused(examined: Callable[..., Examination]) -> None:
    with pytest.raises(
        MrfedError, match=r"earliest examination \(20240108\) is time point T10, a later one T2"
    ) as caught:
        examined(("20240108", "T10"), ("20240501", "T2"))
    assert caught.value.code is Code.DATA_INCONSISTENT


def test_without_the_baseline_there_is_none(examined: Callable[..., Examination]) -> None:
    with pytest.raises(MrfedError, match=r"no examination is time point T0 \(T2, T3\)") as caught:
        examined(("20240108", "T3"), ("20240501", "T2"), baseline="T0")
    assert caught.value.code is Code.DATA_MISSING


def test_two_of_one_label_are_for_the_site_to_settle(examined: Callable[..., Examination]) -> None:
    exams = ("20240108", "T0"), ("20240501", "T0")
    with pytest.raises(MrfedError, match="2 examinations are time point T0"):
        examined(*exams, baseline="T0")


def test_the_patients_own_rule_wins(examined: Callable[..., Examination]) -> None:
    found = examined(("20240108", "T0"), ("20240501", "T1"), baseline="T0", patients={"P1": {"study": "20240501"}})
    assert found.timepoint == "T1"


def test_who_has_no_label_may_be_the_first(examined: Callable[..., Examination]) -> None:
    found = examined(("20240108", ""), ("20240501", "T2"), baseline="T0")
    assert (found.study_date, found.timepoint) == ("20240108", "")


@pytest.mark.parametrize("labels", [("-22", "104"), ("T-1", "T-10"), ("day -3", "day 2"), ("visit-2", "visit-10")])
def test_numbers_with_a_sign_and_words_with_a_hyphen(
    examined: Callable[..., Examination], labels: tuple[str, str]
) -> None:
    assert examined(("20240108", labels[0]), ("20240501", labels[1])).timepoint == labels[0]


@pytest.mark.parametrize("dates", [("", "20240501"), ("20240108", "***"), ("", "")])
def test_an_examination_without_a_date_is_not_the_earliest(
    examined: Callable[..., Examination], dates: tuple[str, str]
) -> None:
    def undated(date: str) -> tuple[str, str]:
        return date, ""

    # the acquisition has a date of its own, which is taken away
    with pytest.raises(MrfedError, match="have no date"):
        examined(*map(undated, dates), without="AcquisitionDate")
    assert examined(*map(undated, dates), patients={"P1": {"study": uid("study 1")}}, without="AcquisitionDate")
