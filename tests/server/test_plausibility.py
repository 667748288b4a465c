"""Every count and range that the contract declares is held against what comes back."""

import numpy as np
import pytest

from server import plausibility
from shared.contract.quantity import Quantity
from shared.contract.registry import EXCHANGES
from shared.errors import Code, MrfedError
from shared.step import Step

PATIENTS = 20
COUNTED = [(exchange.step, one) for exchange in EXCHANGES for one in exchange.summed if one.whole is not None]
SUMMED = [(exchange.step, one) for exchange in EXCHANGES for one in exchange.summed if one.low == 0]
SHOWN = [
    (exchange.step, one)
    for exchange in EXCHANGES
    for one in exchange.quantities
    if not one.way.summed and (np.isfinite(one.high) or one.whole is not None) and exchange.step is not Step.SURVEY
]
OTHERS = {
    Step.EVALUATE: {"class_counts": np.full((1, 2), 5.0), "u": np.zeros(1)},
    Step.RESIDUALS: {
        **{name: np.zeros(1) for name in ("u", "ranked", "evaluated")},
        "errors": np.zeros((1, 4)),
        "recalibration": np.zeros((1, 5)),
    },
}
"""What the relations between quantities are looked at with."""


def named(rows: list[tuple[Step, Quantity]]) -> list[str]:
    return [f"{step}: {one.name}" for step, one in rows]


@pytest.mark.parametrize(("step", "quantity"), COUNTED, ids=named(COUNTED))
def test_a_total_is_whole_and_no_larger_than_can_be(step: Step, quantity: Quantity) -> None:
    assert quantity.whole is not None
    most = quantity.whole.most(PATIENTS)

    def hold(value: float, *, whole: bool = True) -> None:
        plausibility.require_totals(step, {quantity.name: np.array([value])}, PATIENTS, bounded=False, whole=whole)

    hold(most)
    hold(1.5, whole=False)
    for value in (most + 1, 1.5, -1):
        with pytest.raises(MrfedError, match=f"sent {quantity.name} with values outside the plausible range") as caught:
            hold(value)
        assert caught.value.code is Code.DATA_INCONSISTENT


@pytest.mark.parametrize(("step", "quantity"), SUMMED, ids=named(SUMMED))
def test_what_cannot_be_negative_is_not(step: Step, quantity: Quantity) -> None:
    with pytest.raises(MrfedError, match=f"sent {quantity.name} with"):
        plausibility.require_totals(step, {quantity.name: np.array([-1.0])}, PATIENTS, bounded=False, whole=False)


@pytest.mark.parametrize(("step", "quantity"), SHOWN, ids=named(SHOWN))
def test_what_a_site_shows_lies_in_its_range(step: Step, quantity: Quantity) -> None:
    most = quantity.high if quantity.whole is None else min(quantity.high, quantity.whole.most(PATIENTS))
    for value in (most + 1, quantity.low - 1):
        arrays = {**OTHERS.get(step, {}), quantity.name: np.array([value])}
        with pytest.raises(MrfedError, match=f"north sent {quantity.name} with") as caught:
            plausibility.require_answer("north", step, arrays, PATIENTS)
        assert caught.value.code is Code.DATA_INCONSISTENT
