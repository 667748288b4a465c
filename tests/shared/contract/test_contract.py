"""What may leave: nothing more, nothing less, in no other shape."""

import numpy as np
import pytest

from shared.contract import contract
from shared.contract.contract import Way
from shared.errors import Code, MrfedError
from shared.step import Step


def test_no_quantity_of_the_contract_has_an_axis_of_patients() -> None:
    symbols = {symbol for step in Step for one in contract.QUANTITIES[step] for symbol in one.shape}
    assert not symbols & {"patients", "n", "voxels"}
    assert set(contract.QUANTITIES) == set(Step)


def test_the_contract_refuses_more_less_and_another_shape() -> None:
    step, sizes = (
        Step.HARMONIZE,
        {"fits": 2, "features": 3, "covariates": 1, "referenced": 0, "joined": 0, "incomplete": 0},
    )
    whole = {one.name: np.zeros([sizes[symbol] for symbol in one.shape]) for one in contract.QUANTITIES[step]}
    contract.check(step, whole, {}, sizes, derivable=False)
    with pytest.raises(MrfedError, match="patients is not agreed"):
        contract.check(step, {**whole, "patients": np.zeros(30)}, {}, sizes, derivable=False)
    with pytest.raises(MrfedError, match="sxx is missing"):
        contract.check(
            step, {name: value for name, value in whole.items() if name != "sxx"}, {}, sizes, derivable=False
        )
    with pytest.raises(MrfedError, match=r"sxx has shape \(30, 3\), agreed is \(2, 3\)") as caught:
        contract.check(step, {**whole, "sxx": np.zeros((30, 3))}, {}, sizes, derivable=False)
    assert caught.value.code is Code.NOT_IN_CONTRACT
    with pytest.raises(MrfedError, match="name is not agreed"):
        contract.check(step, whole, {"name": "somebody"}, sizes, derivable=False)


def test_quantities_of_one_site_leave_only_where_declared() -> None:
    hidden, declared = (contract.quantities(Step.MOMENTS, derivable=one) for one in (False, True))
    assert {one.name for one in declared} - {one.name for one in hidden} == {"before", "after"}
    assert all(one.way is not Way.DERIVABLE for one in hidden)
