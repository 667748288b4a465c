"""Tofts, extended Tofts (both forms) and Patlak: OSIPI's digital reference object, and closed solutions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from client.imaging.maps.arterial_input import parker
from client.imaging.maps.extended_tofts import extended_tofts
from client.imaging.maps.extended_tofts_linear import extended_tofts_linear
from client.imaging.maps.patlak import patlak
from client.imaging.maps.tofts import tofts

pytestmark = pytest.mark.slow  # compiles fits


def numbers(text: str) -> NDArray[np.float64]:
    return np.array(text.split(), dtype=float)


@pytest.mark.real
def test_osipi_tofts_cases_within_its_tolerance(real_data: Callable[[str], Path]) -> None:
    cases = pd.read_csv(real_data("osipi_dce") / "dce_DRO_data_tofts.csv.gz")
    assert len(cases) == 25
    for case in cases.itertuples():
        fit = tofts(numbers(case.C)[None], numbers(case.t), numbers(case.ta), numbers(case.ca))
        assert abs(fit.ktrans[0] - case.Ktrans) <= 0.005 + 0.1 * case.Ktrans, case.label
        assert abs(fit.v_e[0] - case.ve) <= 0.05, case.label


@pytest.mark.parametrize("how", ["non-linear", "with delay", "linear"])
@pytest.mark.real
def test_osipi_extended_tofts_cases_within_its_tolerance(how: str, real_data: Callable[[str], Path]) -> None:
    cases = pd.read_csv(real_data("osipi_dce") / "dce_DRO_data_extended_tofts.csv")
    assert len(cases) == 15
    for case in cases.itertuples():
        curves = numbers(case.C)[None], numbers(case.t), numbers(case.ta), numbers(case.ca)
        if how == "linear":
            ktrans, v_e, v_p, _ = extended_tofts_linear(*curves)
        else:
            fit = extended_tofts(*curves, fit_delay=how == "with delay")
            ktrans, v_e, v_p = fit.ktrans, fit.v_e, fit.v_p
        assert abs(ktrans[0] - case.Ktrans) <= 0.005 + 0.1 * case.Ktrans, case.label
        assert abs(v_e[0] - case.ve) <= 0.05, case.label
        assert abs(v_p[0] - case.vp) <= 0.025, case.label


def tissue(delay_s: float) -> tuple[NDArray[np.float64], ...]:
    """Phases every 7 s, an arterial curve every half second, and tissue by brute-force quadrature."""
    seconds, fine = np.arange(-14.0, 330, 7), np.arange(0, 340, 0.5)
    arterial = parker(fine) / 0.58
    kernel = np.exp(-0.25 / 60 / 0.3 * fine)
    response = np.convolve(arterial, kernel)[: len(fine)] * 0.5 - 0.25 * (arterial + arterial[0] * kernel)
    curve = 0.25 / 60 * response + 0.05 * arterial
    return np.interp(seconds - delay_s, fine, curve, left=0.0), seconds, fine, arterial


def test_delay_is_found_and_matters() -> None:
    concentration, seconds, fine, arterial = tissue(delay_s=6.5)
    fit = extended_tofts(concentration[None], seconds, fine, arterial, fit_delay=True)
    np.testing.assert_allclose(fit.delay_s, [6.5], atol=0.05)
    np.testing.assert_allclose(fit.ktrans, [0.25], rtol=0.005)
    np.testing.assert_allclose(fit.v_e, [0.3], rtol=0.005)
    np.testing.assert_allclose(fit.v_p, [0.05], rtol=0.02)
    ignored = extended_tofts(concentration[None], seconds, fine, arterial)
    assert abs(ignored.ktrans[0] - 0.25) > 0.01
    assert ignored.delay_s[0] == 0


def test_tofts_is_the_extended_model_without_plasma() -> None:
    concentration, seconds, fine, arterial = tissue(delay_s=0)
    without = concentration - 0.05 * np.interp(seconds, fine, arterial, left=0.0)
    plain = tofts(without[None], seconds, fine, arterial)
    np.testing.assert_allclose(plain.ktrans, [0.25], rtol=0.002)
    np.testing.assert_array_equal(plain.v_p, [0.0])


def test_patlak_recovers_leakage_without_return() -> None:
    seconds, fine = np.arange(-10.0, 300, 10), np.arange(0, 320, 0.5)
    arterial = parker(fine)
    exposure = np.concatenate([[0], np.cumsum((arterial[1:] + arterial[:-1]) / 4)])
    curve = 0.08 / 60 * np.interp(seconds, fine, exposure, left=0) + 0.03 * np.interp(seconds, fine, arterial, left=0)
    ktrans, v_p, residual = patlak(curve[None], seconds, fine, arterial)
    np.testing.assert_allclose(ktrans, [0.08], rtol=1e-5)
    np.testing.assert_allclose(v_p, [0.03], rtol=1e-5)
    assert residual[0] < 1e-6


@pytest.mark.parametrize("model", [tofts, extended_tofts, extended_tofts_linear, patlak])
def test_refuses_too_few_phases_and_times_that_do_not_increase(model: Callable[..., object]) -> None:
    arterial = np.arange(5.0), np.ones(5)
    with pytest.raises(ValueError, match="at least"):
        model(np.ones((1, 2)), np.array([0.0, 1]), *arterial)
    with pytest.raises(ValueError, match="increase"):
        model(np.ones((1, 5)), np.array([0.0, 1, 1, 2, 3]), *arterial)
