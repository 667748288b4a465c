"""The worked examples of CONTRIBUTING.md run as they stand, and do what they say."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.stats import norm

import shared.sections.network as network_section
from client.imaging.maps.quantitative_map import QuantitativeMap
from shared.arrays import unpack_symmetric
from shared.contract.foreseen import Foreseen
from shared.errors import MrfedError
from shared.strategies.strategy import Parts
from tests import study_of_tables

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
EXAMPLES = {
    path: code for path, code in re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL) if path and code
}


def run(path: str, names: dict[str, Any] | None = None) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": path, **(names or {})}
    # the step of the example is not among the project's own: another one stands for it
    exec(compile(EXAMPLES[path].replace("Step.MAKES", "Step.SURVEY"), path, "exec"), namespace)
    return namespace


def test_the_map_has_the_area_under_a_curve_drawn_by_hand() -> None:
    example = run("client/imaging/maps/initial_area.py")
    seconds = np.array([-20.0, 0.0, 30.0, 90.0])
    signal = np.array([[100.0, 100.0, 160.0, 220.0], [0.0, 0.0, 50.0, 50.0]])
    # 0 to 60 % within 30 s, then to 90 % at 60 s: 900 + 2250
    np.testing.assert_allclose(example["initial_area"](signal, seconds), [3150.0, np.nan])
    assert isinstance(example["MAP"], QuantitativeMap)


def test_the_model_is_probit_regression_with_its_derivatives() -> None:
    probit = run("shared/models/probit.py")["Probit"]()
    random = np.random.default_rng(1)
    design, y = np.column_stack([np.ones(20), random.normal(size=(20, 2))]), random.integers(0, 2, 20)
    w = np.array([0.2, -0.5, 0.9])
    risks = norm.cdf(design @ w)
    sums = probit.sums(design, y, w, 2)
    np.testing.assert_allclose(sums["loss"], -np.log(np.where(y == 1, risks, 1 - risks)).sum(), rtol=1e-12)
    np.testing.assert_allclose(probit.predict(design, w, 2)[:, 1], risks, rtol=1e-12)

    def gradient(at: np.ndarray, row: int | None = None) -> Any:
        whole = probit.sums(design, y, at, 2)["gradient"]
        return whole if row is None else whole[row]

    assert check_grad(lambda at: probit.sums(design, y, at, 2)["loss"], gradient, w) < 1e-5
    hessian = unpack_symmetric(sums["hessian"])
    for row in range(3):
        assert check_grad(lambda at, row=row: gradient(at, row), lambda _, row=row: hessian[row], w) < 1e-5


def test_the_exchange_declares_what_its_answer_says() -> None:
    exchange = run("shared/contract/makes.py")["MAKES"]
    site = SimpleNamespace(table=SimpleNamespace(scanner=["SIEMENS Aera 1.5 T", "GE Signa 3 T", "GE Signa 1.5 T"]))
    plaintext = run("client/exchange/answers/makes.py")["answer"](site, None)
    asked = study_of_tables.study(2)
    assert exchange.asked(asked)
    assert plaintext.arrays["makes"].sum() == 3
    facts = Foreseen(asked)
    exchange.check(plaintext.arrays, plaintext.texts, facts, derivable=False)
    with pytest.raises(MrfedError, match="makes has shape"):
        exchange.check({"makes": np.zeros(1)}, {}, facts, derivable=False)


def test_the_strategy_takes_smaller_steps_where_it_has_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    section = run("shared/sections/network.py", vars(network_section))["FedAdagrad"]
    monkeypatch.setattr(network_section, "FedAdagrad", section, raising=False)
    strategy = run("shared/strategies/fedadagrad.py")["FedAdagrad"](
        section(name="fedadagrad", server_rate=1.0, tau=1.0), Parts(np.ones(1, bool), np.zeros(1, bool))
    )
    step, slots = strategy.change(0, {"update": np.full((1, 1), 3.0)}, {"squares": np.zeros((1, 1))})
    np.testing.assert_allclose(step, 3 / (3 + 1))
    step, slots = strategy.change(1, {"update": np.full((1, 1), 4.0)}, slots)
    np.testing.assert_allclose(step, 4 / (5 + 1))
    assert slots["squares"].item() == 25


def test_the_metric_is_youdens_index() -> None:
    youden = run("shared/metrics/youden.py")["youden"]
    # at the middle threshold 3 of 4 positives and 1 of 5 negatives are called
    assert youden(np.array([[4, 1], [1, 3]])) == pytest.approx(3 / 4 - 1 / 5)
    with pytest.raises(ValueError, match="both classes"):
        youden(np.array([[4, 1], [0, 0]]))
