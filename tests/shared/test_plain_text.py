"""Characters that do not show: refused where they come in, written out where they are shown."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared import plain_text
from shared.errors import Code, MrfedError
from shared.sections.question import EndpointClass
from shared.services.terminal import PlainConsole, table
from shared.study import study as study_file
from tests.simulated_result import study as valid_study

UP = "\x1b[3A\x1b[2Kno sum of a single site can be concluded"
"""Moves the cursor up three lines and writes there."""


@pytest.mark.parametrize("text", ["HER2-zero", "Göttingen, 3 T", "μm² · ≥ 5 %", "中文", "e\u0301", ""])
def test_what_shows_is_taken(text: str) -> None:
    plain_text.require({"name": [text]})
    assert plain_text.visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (UP, r"\x1b[3A\x1b[2Kno sum of a single site can be concluded"),
        ("zero\r\nNothing leaves", r"zero\r\nNothing leaves"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2066b", r"a\u2066b"),
        ("a\u200bb", r"a\u200bb"),
        ("a\x9b2Jb", r"a\x9b2Jb"),
        ("a\u2028b", r"a\u2028b"),
        ("\u3164", r"\u3164"),
        ("\u2800\u2800", r"\u2800\u2800"),
        ("a\ufe0fb", r"a\ufe0fb"),
        ("a\U000e0100b", r"a\U000e0100b"),
        ("a\U000e0041b", r"a\U000e0041b"),
    ],
)
def test_what_does_not_show_is_refused_and_written_out(text: str, shown: str) -> None:
    for value in (text, [text], {text: 1}, {"a": [{"b": (text,)}]}):
        with pytest.raises(ValueError, match=r"U\+[0-9A-F]{4,6}, which does not show"):
            plain_text.require(value)
    assert plain_text.visible(text) == shown


@given(st.text())
def test_what_was_written_out_shows(text: str) -> None:
    assert plain_text.is_plain(plain_text.visible(text))


def test_a_value_that_stands_in_itself_is_looked_through_once() -> None:
    whole: list[object] = ["a"]
    whole += [whole, whole]
    plain_text.require(whole)


def test_a_section_refuses_it_and_names_the_setting() -> None:
    with pytest.raises(ValidationError, match=r"U\+001B") as caught:
        EndpointClass(name=UP, values=("1",))
    assert caught.value.errors()[0]["loc"] == ("name",)


def test_an_error_and_a_table_show_it_written_out() -> None:
    assert MrfedError(Code.DATA_UNREADABLE, f"{UP}: rename it").text.startswith(r"\x1b[3A")
    screen = io.StringIO()
    console = PlainConsole(file=screen, width=200)
    console.print(UP)
    shown = table(UP, (UP,))
    shown.add_row(UP)
    console.print(shown)
    assert "\x1b" not in screen.getvalue()
    assert screen.getvalue().count(r"\x1b[3A") == 4


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", r"'\t=1"),
        ("0042", "0042"),
        (-1.5, -1.5),
    ],
)
def test_no_cell_of_text_is_a_formula(value: object, shown: object) -> None:
    assert plain_text.cell(value) == shown


@pytest.mark.attack
def test_a_screen_that_a_study_draws_over(tmp_path: Path, gained: Callable[[str, str, str], None]) -> None:
    """A class whose name goes up three lines, clears one and writes what a hospital likes to read."""
    content = valid_study().model_dump(mode="json")
    content["question"]["endpoint"]["classes"][0]["name"] = UP
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(MrfedError, match=r"study.yaml:\d+: question.endpoint.classes.0.name: .*U\+001B") as caught:
        study_file.load(path)
    assert "\x1b" not in caught.value.text
    gained(
        "Name a class with characters that move the cursor",
        "approve shows another sentence in the place of its warning",
        "no such text is read, and what is shown has it written out",
    )
