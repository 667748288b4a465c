"""Questions out of order, under other names, or with other totals than those of the exchange before."""

from dataclasses import replace

import numpy as np
import pytest

from client.exchange.order import require_expected
from shared.contract.registry import exchange_of
from shared.errors import Code, MrfedError
from shared.federation.messages import Question
from shared.step import Step
from shared.study.study import Study

ANSWERED = ["enroll", "inventory", "describe", "harmonize", "moments", "gram", "train-0", "train-1"]


def totals(step: Step) -> dict[str, np.ndarray]:
    """Numbers of the right form."""
    return {one.name: np.ones((2,) * len(one.axes)) for one in exchange_of(step).summed}


def question(step: str, after: str, **changes: object) -> Question:
    asked = Question("5" * 64, "run", step, after, ("a", "b"), {"receipts": {}}, totals(Step(after.split("-")[0])))
    return replace(asked, **changes)  # type: ignore[arg-type]


def test_the_next_training_exchange_or_the_evaluation_may_come(study: Study) -> None:
    require_expected(question("train-2", "train-1"), study, ANSWERED)
    require_expected(question("threshold", "train-1"), study, ANSWERED)
    require_expected(question("threshold", "gram"), study, ANSWERED[:6])
    require_expected(Question("5" * 64, "run", "enroll"), study, [])


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ("train-3", "train-1"),  # skipped
        ("train-2", "train-0"),  # not the last answer
        ("train-1", "train-1"),  # its own successor
        ("moments", "train-1"),  # back
        ("finish", "train-1"),  # without evaluation
        ("train-30", "train-29"),  # more than the study allows
    ],
)
def test_another_order_is_refused(step: str, after: str, study: Study) -> None:
    with pytest.raises(MrfedError) as caught:
        require_expected(question(step, after), study, ANSWERED)
    assert caught.value.code is Code.REFUSED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"texts": {"receipts": {}, "coefficients": [1.0]}}, "coefficients"),
        ({"arrays": totals(Step.MOMENTS)}, "other totals"),
        ({"arrays": totals(Step.TRAIN) | {"coefficients": np.ones(2)}}, "other totals"),
        ({"arrays": totals(Step.TRAIN) | {"loss": np.ones((2, 2))}}, "other totals"),
        ({"arrays": totals(Step.TRAIN) | {"loss": np.array([1.0, np.nan])}}, "not finite"),
        ({"arrays": totals(Step.TRAIN) | {"loss": np.array(["1", "2"])}}, "not finite"),
    ],
    ids=str,
)
def test_a_question_brings_the_totals_of_the_exchange_before_and_nothing_else(
    changes: dict[str, object], said: str, study: Study
) -> None:
    with pytest.raises(MrfedError, match=said):
        require_expected(question("train-2", "train-1", **changes), study, ANSWERED)
