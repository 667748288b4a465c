import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from client.imaging.maps.ivim import MODEL, ivim
from client.imaging.maps.ivim_segmented import ivim_segmented

pytestmark = pytest.mark.slow  # compiles fits

B = np.array([0.0, 10, 20, 40, 70, 100, 200, 400, 600, 800])


@pytest.fixture(scope="module")
def tissues(real_data: Callable[[str], Path]) -> tuple[NDArray[np.float64], dict[str, dict]]:
    folder = real_data("osipi_ivim")
    cases = json.loads((folder / "generic.json").read_text())
    del cases["config"]
    assert len(cases) == 14
    return np.array(json.loads((folder / "b_values.json").read_text())["original"]), cases


@pytest.mark.real
def test_osipi_tissues_by_the_full_fit(tissues: tuple[NDArray[np.float64], dict[str, dict]]) -> None:
    b, cases = tissues
    for name, case in cases.items():
        fit = ivim(np.array(case["data"])[None], b)
        assert fit.converged[0], name
        assert abs(fit.f[0] - case["f"]) < 0.01, name
        assert abs(fit.d[0] / case["D"] - 1) < 0.02, name
        assert abs(fit.d_star[0] / case["Dp"] - 1) < 0.15, name


@pytest.mark.real
def test_segmented_fit_is_biased_where_perfusion_outlasts_the_split(
    tissues: tuple[NDArray[np.float64], dict[str, dict]],
) -> None:
    b, cases = tissues
    error = {
        name: float(ivim_segmented(np.array(case["data"])[None], b).f[0] - case["f"]) for name, case in cases.items()
    }
    # D* of 10-12e-3: 5-9 % of the perfusion signal is left at b = 250, and is taken for diffusion.
    assert -0.03 < error["st wall"] < -0.015
    assert -0.03 < error["pancreas"] < -0.01
    fast = [name for name, case in cases.items() if case["Dp"] >= 0.026]
    assert len(fast) == 9
    assert max(abs(error[name]) for name in fast) < 0.005


@pytest.mark.parametrize("fit", [ivim, ivim_segmented])
def test_tissue_without_perfusion_has_no_pseudo_diffusion(fit: Callable[..., object]) -> None:
    computed = fit((500 * np.exp(-B * 1.2e-3)).astype(np.float32)[None], B)
    np.testing.assert_allclose(computed.f, [0], atol=1e-4)
    np.testing.assert_allclose(computed.d, [1.2e-3], rtol=1e-3)


def test_lower_sum_of_squares_than_scipy_in_the_same_bounds() -> None:
    from tests.validation.map_cases.all import CASES  # compiles and tabulates; only where it is needed

    case = next(case for case in CASES if case.name == "IVIM")
    rng = np.random.default_rng(3)
    noisy = case.noisy(case.clean(case.truth(rng, 150)), 40, rng)
    ours = np.square(MODEL.fit(B[None] / 1000, noisy).residual) * len(B)
    theirs = [sum_of_squares(signal, *one) for signal, one in zip(noisy, case.scipy_fit(noisy), strict=True)]
    assert np.mean(ours <= np.array(theirs) * (1 + 1e-5)) >= 0.99


def sum_of_squares(signal: NDArray[np.float64], f: float, d: float, d_star: float) -> float:
    curve = f * np.exp(-B * d_star) + (1 - f) * np.exp(-B * d)
    rest = signal - signal @ curve / (curve @ curve) * curve
    return float(rest @ rest)


def test_segmented_refuses_what_it_cannot_split() -> None:
    with pytest.raises(ValueError, match="below the split"):
        ivim_segmented(np.ones((1, 3)), np.array([0.0, 300, 800]))


def test_full_fit_refuses_three_b_values() -> None:
    with pytest.raises(ValueError, match="four distinct"):
        ivim(np.ones((1, 3)), np.array([0.0, 300, 800]))
