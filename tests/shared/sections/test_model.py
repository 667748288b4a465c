"""The section of a model has what its kind reads and nothing else, and says so where it stands."""

from pathlib import Path

import pytest

from shared.errors import MrfedError
from shared.models.registry import FAMILIES, LEARNERS
from shared.sections.model import SETTINGS, LogisticSettings
from shared.study import study as study_file
from shared.study.study import Study
from tests.least_study import least_study

SITES = ("a", "b", "c")
ENDPOINTS = {"linear": 0, "multinomial": 3, "ordinal": 3}
"""Classes of an endpoint that a kind takes, where these are not two."""
FOREIGN = sorted(
    (kind, name)
    for kind, own in SETTINGS.items()
    for name in {field for settings in SETTINGS.values() for field in settings.model_fields} - set(own.model_fields)
)


def fault(folder: Path, model: str) -> str:
    path = folder / "study.yaml"
    path.write_text(f"model:\n{model}", encoding="utf-8")
    with pytest.raises(MrfedError) as caught:
        study_file.load(path)
    return next(line for line in str(caught.value).splitlines() if ": model" in line)


@pytest.mark.parametrize(("kind", "name"), FOREIGN)
def test_a_setting_of_another_kind_is_refused_with_its_line_and_the_kinds_that_read_it(
    kind: str, name: str, tmp_path: Path
) -> None:
    text = fault(tmp_path, f"  kind: {kind}\n  {name}: 1\n")
    readers = ", ".join(sorted(other for other, settings in SETTINGS.items() if name in settings.model_fields))
    assert text == (
        f"{tmp_path / 'study.yaml'}:3: model.{name}: {name} is of kind: {readers}, and kind: {kind} does not read it; "
        "remove it"
    )


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("  trees: 500\n", ":2: model.trees: trees is of kind: boosting, forest, xgboost, and kind: logistic does not"),
        ("  kind: forest\n  tree: 5\n", ":3: model.tree: Extra inputs are not permitted; remove it or correct its spe"),
        ("  kind: boosting\n  depth: 9\n", ":3: model.depth: Input should be less than or equal to 6; correct the val"),
        ("  c: 1\n  kind: cart\n", ":3: model.kind: cart is unknown; use one of logistic, multinomial, ordinal, svm, "),
        ("  penalties: 0\n", ":2: model.penalties: 0 is of kind: linear; logistic has a penalty, so set it to 1"),
    ],
)
def test_what_is_wrong_in_a_model_is_said_at_its_line(model: str, expected: str, tmp_path: Path) -> None:
    assert expected in fault(tmp_path, model)


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_study_reads_back_what_it_writes_whatever_the_kind(kind: str) -> None:
    asked = of_kind(kind)
    assert Study.model_validate(asked.model_dump()) == asked
    assert Study.model_validate_json(asked.model_dump_json()).digest == asked.digest
    assert type(asked.model) is SETTINGS[kind]


def of_kind(kind: str) -> Study:
    classes = [{"name": str(number), "values": [number]} for number in range(ENDPOINTS.get(kind, 2))]
    endpoint = {"kind": {0: "continuous", 2: "binary", 3: "ordinal"}[len(classes)], "column": "y", "classes": classes}
    if kind == "multinomial":
        endpoint["kind"] = "multiclass"
    if not classes:
        endpoint["plausible"] = [0, 100]
    return least_study(
        SITES,
        question={"endpoint": endpoint, "patients": "simulated"},
        model={"kind": kind},
        privacy={"site_sums": "derivable"},
    )


def test_every_kind_has_a_learner_and_every_learner_a_section() -> None:
    assert set(SETTINGS) == set(LEARNERS)
    assert set(FAMILIES) <= set(SETTINGS)


def test_a_model_is_logistic_where_no_kind_is_named() -> None:
    asked = least_study(SITES, model={"c": 0.5}, evaluation={"leave_one_site_out": False})
    assert asked.model == LogisticSettings(c=0.5)
