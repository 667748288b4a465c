"""What a study file may ask of an endpoint that is a number."""

import pytest

from tests.study_of_tables import study


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"selection": {"method": "stability"}, "evaluation": {"inner_folds": 3}}, "4 or more"),
        ({"harmonization": {"keep_endpoint": True}}, "keep_endpoint"),
        ({"model": {"kind": "lda"}}, "set model.kind to linear"),
        ({"model": {"kind": "boosting"}}, "set model.kind to linear"),
    ],
)
def test_what_needs_classes_is_refused_in_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        study(0, **{"model": {"kind": "linear"}, **changes})


@pytest.mark.parametrize("plausible", [None, [5, 5], [10, 0], [0, float("inf")]])
def test_a_number_needs_its_range(plausible: list[float] | None) -> None:
    endpoint = {"kind": "continuous", "column": "grade", "plausible": plausible}
    with pytest.raises(ValueError, match="plausible"):
        study(0, model={"kind": "linear"}, question={"endpoint": endpoint, "patients": "simulated"})


def test_only_linear_regression_goes_without_a_penalty() -> None:
    with pytest.raises(ValueError, match="0 is of kind: linear"):
        study(2, model={"kind": "logistic", "penalties": 0})
