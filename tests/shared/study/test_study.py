"""Study files: the ready-made ones, the digest, and errors that name the line and the remedy."""

from pathlib import Path

import pytest

from shared.errors import Code, MrfedError
from shared.sections.question import Condition, Endpoint
from shared.study import study as study_file
from shared.study.study import READY_MADE

WHOLE = """\
name: two-lines
title: A study
question:
  endpoint: her2-zero-vs-low
governance: {ethics: a, data_use: b, expires: 2099-01-01}
evaluation:
  folds: 4
  leave_one_site_out: false
federation:
  sites: [a, b, c]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(text)
    return path


def fault(folder: Path, text: str) -> str:
    with pytest.raises(MrfedError) as caught:
        study_file.load(written(folder, text))
    assert caught.value.code is Code.STUDY_INVALID
    return caught.value.text.replace(str(folder), "")


@pytest.mark.parametrize("path", sorted(READY_MADE.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_ready_made_study_is_found_by_name_and_valid(path: Path) -> None:
    assert study_file.find(Path(path.stem)) == path
    assert study_file.load(path).name == path.stem


def test_the_digest_covers_defaults_and_no_spelling(tmp_path: Path) -> None:
    plain = study_file.load(written(tmp_path, WHOLE))
    spelt = WHOLE + "privacy:\n  minimum_patients: 10   # as by default\n"
    assert study_file.load(written(tmp_path, spelt)).digest == plain.digest
    assert study_file.load(written(tmp_path, WHOLE.replace("folds: 4", "folds: 5"))).digest != plain.digest


@pytest.mark.parametrize(
    ("change", "line", "said", "remedy"),
    [
        (("  folds: 4", "  fold: 4"), 7, "evaluation.fold", "correct its spelling"),
        (("  folds: 4", "  folds: many"), 7, "evaluation.folds", "correct the value"),
        (("title: A study\n", ""), 1, "title", "add it"),
        (("her2-zero-vs-low", "her2-low-vs-moon"), 4, "no ready-made endpoint", "her2-three-classes"),
        (("her2-zero-vs-low", "her2-three-classes"), 4, "does not take", "or multinomial or ordinal or"),
        (("leave_one_site_out: false", "leave_one_site_out: true"), 8, "concluded", "site_sums: derivable"),
        (("folds: 4", "folds: 0"), 7, "evaluation.folds", "2 or more"),
        (("folds: 4", "folds: 1"), 7, "would leave everybody out", "or 0 for none"),
        (("[a, b, c]", "[a, b, a]"), 10, "federation.sites", "twice"),
        (("  folds: 4", "  folds: 4\n  folds: 5"), 8, "folds stands here a second time", "remove one"),
        (("title: A study\n", "title: A study\nname: another\n"), 3, "name stands here a second time", "remove one"),
        (("title: A study\n", "title: A study\nmaps: [{name: adc}]\n"), 3, "maps", "imaging section"),
        (("title: A study\n", "title: [\n"), 4, "expected", "indentation"),
    ],
)
def test_an_error_names_the_line_and_the_remedy(
    change: tuple[str, str], line: int, said: str, remedy: str, tmp_path: Path
) -> None:
    text = fault(tmp_path, WHOLE.replace(*change))
    assert text.startswith(f"/study.yaml:{line}: "), text
    assert said in text
    assert remedy in text
    assert "\n" not in text


def test_aliases_that_stand_for_a_world_of_parts_are_looked_through_once(tmp_path: Path) -> None:
    """Forty lines that each name the one before twice: 2^40 parts for whoever follows every alias."""
    levels = "".join(f"x{number}: &x{number} [*x{number - 1}, *x{number - 1}]\n" for number in range(1, 40))
    assert "x0" in fault(tmp_path, WHOLE + "x0: &x0 [a]\n" + levels)


def test_the_label_is_no_covariate(tmp_path: Path) -> None:
    text = fault(tmp_path, WHOLE + "harmonization:\n  covariates: [{column: her2_status, kind: categorical}]\n")
    assert text.startswith("/study.yaml:12: harmonization.covariates contains the endpoint")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("comparators:\n  clinical: [{column: her2_status, kind: categorical}]\n", "clinical contains the endpoint"),
        ("comparators:\n  clinical: [{column: er, kind: continuous}, {column: er, kind: continuous}]\n", "er twice"),
        (
            "harmonization:\n  covariates: [{column: age, kind: continuous}, {column: age, kind: continuous}]\n",
            "harmonization.covariates names age twice",
        ),
    ],
)
def test_a_clinical_variable_is_no_label_and_stands_once(section: str, said: str, tmp_path: Path) -> None:
    assert said in fault(tmp_path, WHOLE + section)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ([("low", [1, 2]), ("low", [3])], "two classes have one name"),
        ([("low", [1, 2]), ("high", [2, 3])], "a value belongs to two classes"),
        ([("low", [1, 2]), ("high", ["2", 3])], "a value belongs to two classes"),
    ],
)
def test_classes_can_be_told_apart(classes: list[tuple[str, list[object]]], said: str) -> None:
    named = tuple({"name": name, "values": values} for name, values in classes)
    with pytest.raises(ValueError, match=said):
        Endpoint.model_validate({"kind": "binary", "column": "grade", "classes": named})


def test_a_condition_that_nobody_meets_is_refused() -> None:
    with pytest.raises(ValueError, match="at_least: 60 is over at_most: 40"):
        Condition(column="age", at_least=60, at_most=40)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MrfedError, match=r"nowhere\.yaml: there is no such file; check the path"):
        study_file.load(tmp_path / "nowhere.yaml")


def test_a_name_that_is_neither_a_file_nor_a_ready_made_study_is_answered_with_those_that_are() -> None:
    with pytest.raises(MrfedError, match=r"demoo: there is no such file; .* ready-made study: demo, demo-cnn, "):
        study_file.find(Path("demoo"))
