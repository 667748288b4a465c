"""Summaries of maps and quality of fits, as they reach the feature table and quality control."""

import numpy as np
import pytest

from client.imaging.maps.features import fit_findings, summaries
from client.imaging.maps.quantity import FitQuality, Quantity
from client.imaging.radiomics.missing import Missing
from client.imaging.volume import Geometry, Volume

ADC = Quantity("adc", "mm²/s", 0, 3.5e-3)
GRID = Geometry((4, 3, 2), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def adc(values: np.ndarray) -> dict[str, Volume]:
    return {"adc": Volume(values.astype(np.float32), GRID, "mm²/s")}


def test_every_map_is_summarized_in_every_region_without_impossible_values() -> None:
    values = np.full((2, 3, 4), 1e-3)
    values[1] = 2e-3
    values[0, 0, 0], values[0, 0, 1] = np.nan, 0.9
    lower, all_of_it = np.zeros((2, 3, 4), bool), np.ones((2, 3, 4), bool)
    lower[1] = True
    computed = summaries(adc(values), {"adc": ADC}, {"tumour": all_of_it, "ring_0_3mm": lower})
    assert computed.values["adc.ring_0_3mm.original_summary_mean"] == pytest.approx(2e-3)
    assert computed.values["adc.tumour.original_summary_mean"] == pytest.approx((10 * 1e-3 + 12 * 2e-3) / 22)
    assert computed.values["adc.tumour.original_summary_p90"] == pytest.approx(2e-3)
    assert computed.values["adc.ring_0_3mm.original_summary_entropy"] == 0
    assert {name.rsplit("_", 1)[-1] for name in computed.values} >= {"mean", "skewness", "entropy", "p5", "p95"}
    assert not computed.missing


@pytest.mark.parametrize(
    ("value", "inside", "why"), [(np.nan, True, Missing.NOT_FINITE), (1e-3, False, Missing.EMPTY_REGION)]
)
def test_a_summary_of_nothing_is_missing_for_a_reason(value: float, inside: bool, why: Missing) -> None:
    computed = summaries(adc(np.full((2, 3, 4), value)), {"adc": ADC}, {"tumour": np.full((2, 3, 4), inside)})
    assert set(computed.missing.values()) == {why}
    assert set(computed.missing) == set(computed.values)
    assert np.isnan(list(computed.values.values())).all()


def test_quality_control_learns_how_the_models_fitted_in_the_tumour() -> None:
    residual, converged = np.full((1, 2, 2), 0.9), np.zeros((1, 2, 2), bool)
    tumour = np.array([[[True, True], [True, False]]])
    residual[0, 0], residual[0, 1, 0] = (0.02, 0.04), np.nan
    converged[0, 0, 0] = True
    computed = fit_findings({"ivim": FitQuality(residual, converged)}, tumour)
    assert computed["fit_residual.ivim"] == pytest.approx(0.03)
    assert computed["not_converged.ivim"] == pytest.approx(2 / 3)
    assert fit_findings({"ivim": FitQuality(residual, converged)}, np.zeros_like(tumour)) == {}
