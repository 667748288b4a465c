"""A study whose endpoint is a number: regression, selection and evaluation through the exchanges of three sites."""

from pathlib import Path

import pytest

from tests.validation.learning_equality import CASES, finished

pytestmark = pytest.mark.slow
LINEAR = [name for name, case in CASES.items() if not case.classes]


@pytest.mark.parametrize("name", LINEAR)
def test_the_model_of_every_fit_and_penalty_is_scikit_learns_on_the_pooled_table(name: str, tmp_path: Path) -> None:
    done = finished(name, tmp_path)
    assert done.result.model.training.iterations == 0  # it follows from sums that are there
    assert done.result.model.training.unusable == ()
    assert len(done.result.exchanges) == (9 if done.study.model.penalties > 1 else 8)
    for quantity, difference, tolerance in CASES[name].compare(done):
        assert difference <= tolerance, quantity
