"""Values of malformed and of well-formed elements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import moment, number, numbers, seconds, text, whole


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("102551", 10 * 3600 + 25 * 60 + 51),
        ("102551.250000", 10 * 3600 + 25 * 60 + 51.25),
        ("1025", 10 * 3600 + 25 * 60),
        ("10", 36000),
        ("10:25:51", 10 * 3600 + 25 * 60 + 51),
        ("", None),
        ("noon", None),
    ],
)
def test_time_of_day(clock: str, expected: float | None) -> None:
    assert seconds("", clock) == expected


def test_midnight_lies_between_two_days() -> None:
    before, after = seconds("20240108", "235959"), seconds("20240109", "000001")
    assert before is not None
    assert after is not None
    assert after - before == 2


def test_date_and_time_in_one() -> None:
    assert moment("20240108102551.5+0100") == seconds("20240108", "102551.5")
    assert moment("20240108") is None


def test_malformed_numbers_are_absent() -> None:
    dataset = Dataset()
    dataset.add_new(0x00180080, "DS", "4.6")
    dataset.add_new(0x00180081, "LO", "four")
    dataset.add_new(0x00181314, "DS", "")
    dataset.add_new(0x00280030, "DS", ["0.7", "0.8"])
    assert number(dataset, 0x00180080) == 4.6
    assert whole(dataset, 0x00180080) == 5
    assert number(dataset, 0x00180081) is None
    assert number(dataset, 0x00181314) is None
    assert numbers(dataset, 0x00280030, 2) == (0.7, 0.8)
    assert numbers(dataset, 0x00280030, 3) is None
    assert text(dataset, 0x00100020) == ""


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_is_an_exception(day: str, clock: str) -> None:
    assert isinstance(seconds(day, clock), float | None)
    assert isinstance(moment(clock), float | None)


def test_characters_that_do_not_show_are_written_out() -> None:
    """A scanner's name stands in tables and on screens."""
    dataset = Dataset()
    dataset.ManufacturerModelName = "Prisma\x1b[2A"
    dataset.ImageComments = "two\nlines"
    assert text(dataset, 0x00081090) == r"Prisma\x1b[2A"
    assert text(dataset, 0x00204000) == r"two\nlines"
