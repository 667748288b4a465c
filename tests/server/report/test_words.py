import pytest

from server.report import words


def test_numbers_as_a_reader_expects_them():
    assert words.decimal(-0.123) == "\u22120.12"
    assert words.decimal(None) == "–"
    assert words.signed(0.5, 1) == "+0.5"
    assert words.percent(0.456) == "46 %"
    assert words.whole(1234567) == "1\u202f234\u202f567"
    assert words.count(None, 10) == "< 10"
    assert words.count(12, 10) == "12"
    assert words.p_value(0.0004) == "< 0.001"
    assert words.p_value(0.0437) == "0.044"


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (81_250, "81.2 kB"),
        (381_000_000, "381 MB"),
        (5 * 10**12, "5000 GB"),
    ],
)
def test_sizes(content, written):
    assert words.size(content) == written


def test_lists_and_long_names():
    assert words.listed(["age"]) == "age"
    assert words.listed(["age", "grade", "side"]) == "age, grade and side"
    assert words.shortened("short", 10) == "short"
    assert words.shortened("a-very-long-feature-name", 11) == "a-ver…-name"
    assert len(words.shortened("a-very-long-feature-name", 12)) == 12
