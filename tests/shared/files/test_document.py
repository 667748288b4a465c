"""YAML files that somebody may have written who means harm."""

from pathlib import Path

import pytest
import yaml

from shared.errors import Code, MrfedError
from shared.federation.roster import Roster
from shared.files import document
from shared.study import study as study_file
from shared.study.study import Study
from tests.simulated_result import study as valid_study


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 3000, "nested deeper than 100 levels"),
        ("a: " * 3000, "check the indentation"),
        ("name: " + "[" * 120 + "]" * 120, "nested deeper than 100 levels"),
        ("a: &a [*a]", "holds itself"),
        ("name: 2026-02-30", "a value in it cannot be read"),
        ("name: " + "9" * 5000, "a value in it cannot be read"),
        ("? [a, b]\n: c", "check the indentation"),
        ("name: \x01", "check the indentation"),
        ("\x00", "check the indentation"),
    ],
)
def test_a_file_that_nobody_writes_is_refused_in_one_line(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    for model in (Study, Roster):
        with pytest.raises(MrfedError, match=words) as caught:
            document.load(path, model, Code.STUDY_INVALID)
        assert "\n" not in caught.value.text


@pytest.mark.parametrize(
    ("section", "settings", "words"),
    [
        ("federation", {"sites": ["a", "b", "c"], "deadline_s": float("inf")}, "deadline_s: Input should be a finite"),
        ("federation", {"sites": ["a", "b", "c"], "deadline_s": float("nan")}, "deadline_s: Input should be a finite"),
        ("federation", {"sites": ["a", "b", "c"], "deadline_s": 1e300}, "deadline_s: Input should be less than"),
        ("federation", {"sites": ["a", "b", "\u0430"]}, "sites.2: String should match pattern"),
        ("federation", {"sites": ["a", "b", "b\n"]}, "sites.2: String should match pattern"),
        ("model", {"kind": "logistic", "c": float("inf")}, "model.c: Input should be a finite"),
    ],
)
def test_numbers_without_end_and_names_that_look_alike(
    section: str, settings: dict[str, object], words: str, tmp_path: Path
) -> None:
    content = valid_study().model_dump(mode="json") | {section: settings}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(MrfedError, match=words):
        study_file.load(path)


def test_a_class_that_moves_the_cursor_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text('name: a-study\ntitle: "a \\e[3A\\e[2K nothing can be concluded"\n')
    with pytest.raises(MrfedError, match=r"study.yaml:2: title: a text holds the character U\+001B"):
        study_file.load(path)
