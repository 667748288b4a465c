"""The section of a selection has what its method reads and nothing else, and says so where it stands."""

from pathlib import Path

import pytest

from shared.errors import MrfedError
from shared.sections.selection import AllFeatures, StabilitySelection
from shared.study import study as study_file
from tests.least_study import least_study

SITES = ("a", "b", "c")
FOLDS = {"leave_one_site_out": False}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("  keep: 5\n", ":2: selection.keep: keep is of method: mrmr, univariate, and method: all does not read it;"),
        ("  method: stability\n  keep: 5\n", ":3: selection.keep: keep is of method: mrmr, univariate, and method: s"),
        ("  method: mrmr\n  most: 5\n", ":3: selection.most: most is of method: stability, and method: mrmr does not"),
        ("  method: univariate\n  threshold: 0.7\n", ":3: selection.threshold: threshold is of method: stability, and"),
        ("  method: lasso\n", ":2: selection.method: lasso is unknown; use one of all, univariate, mrmr, stability"),
        ("  method: stability\n  threshold: 0.4\n", ":3: selection.threshold: Input should be greater than 0.5; corr"),
    ],
)
def test_what_is_wrong_in_a_selection_is_said_at_its_line(selection: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(f"selection:\n{selection}", encoding="utf-8")
    with pytest.raises(MrfedError) as caught:
        study_file.load(path)
    assert expected in str(caught.value)


@pytest.mark.parametrize("name", ["half_samples", "halves"])
def test_half_samples_go_by_their_former_name_too(name: str) -> None:
    asked = least_study(SITES, selection={"method": "stability", name: 20}, evaluation=FOLDS)
    assert asked.selection == StabilitySelection(half_samples=20)
    assert asked.model_dump()["selection"]["half_samples"] == 20


def test_all_features_are_taken_where_no_method_is_named() -> None:
    assert least_study(SITES, selection={"shortlist": 9}, evaluation=FOLDS).selection == AllFeatures(shortlist=9)
