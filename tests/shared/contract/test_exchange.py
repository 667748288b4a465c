"""What may leave: nothing more, nothing less, in no other shape."""

import numpy as np
import pytest

from shared.arrays import Array
from shared.contract.facts import AgreedFacts
from shared.contract.harmonize import HARMONIZE
from shared.contract.moments import MOMENTS
from shared.contract.quantity import Way
from shared.contract.registry import EXCHANGES, PARTS
from shared.errors import Code, MrfedError
from shared.step import Step
from tests.least_study import least_study


def facts() -> AgreedFacts:
    """Two fits, three features, one covariate."""
    study = least_study(("north", "south", "west"), evaluation={"leave_one_site_out": False, "folds": 2})
    exponents = {"magnitude": np.zeros(3), "spread": np.zeros(3)}
    exponents |= {"covariate_magnitude": np.zeros(1), "covariate_spread": np.zeros(1)}
    told = {Step.INVENTORY: exponents, Step.DESCRIBE: {"missing": np.zeros(3)}}
    return AgreedFacts(
        study, lambda: ("north", "south", "west"), lambda step: told[Step(step)], lambda _: {}, lambda _: 0
    )


def whole() -> dict[str, Array]:
    return {one.name: np.zeros(one.shape(facts(), {})) for one in HARMONIZE.quantities}


def test_no_quantity_has_an_axis_of_patients() -> None:
    names = {axis.name for exchange in EXCHANGES for one in exchange.quantities for axis in one.axes}
    assert not names & {"patients", "n", "voxels"}
    assert {one.step for one in (*EXCHANGES, *PARTS)} == set(Step)


def test_more_less_and_another_shape_are_refused() -> None:
    HARMONIZE.check(whole(), {}, facts(), derivable=False)
    with pytest.raises(MrfedError, match="patients is not agreed"):
        HARMONIZE.check({**whole(), "patients": np.zeros(30)}, {}, facts(), derivable=False)
    less = {name: value for name, value in whole().items() if name != "sxx"}
    with pytest.raises(MrfedError, match="sxx is missing"):
        HARMONIZE.check(less, {}, facts(), derivable=False)
    with pytest.raises(MrfedError, match=r"sxx has shape \(30, 3\), agreed is \(3, 3\)") as caught:
        HARMONIZE.check({**whole(), "sxx": np.zeros((30, 3))}, {}, facts(), derivable=False)
    assert caught.value.code is Code.NOT_IN_CONTRACT
    with pytest.raises(MrfedError, match="name is not agreed"):
        HARMONIZE.check(whole(), {"name": "somebody"}, facts(), derivable=False)


def test_quantities_of_one_site_leave_only_where_declared() -> None:
    hidden, declared = (MOMENTS.leaving(derivable=one) for one in (False, True))
    assert {one.name for one in declared} - {one.name for one in hidden} == {"before", "after"}
    assert all(one.way is not Way.DERIVABLE for one in hidden)
