from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.imaging.maps.t1 import t1_fit

pytestmark = pytest.mark.slow  # compiles a fit

ANGLES = (2.0, 5, 10, 15, 20)


def spoiled(t1_ms: float, b1: float = 1.0) -> np.ndarray:
    e, a = np.exp(-5 / t1_ms), np.deg2rad(np.array(ANGLES)) * b1
    return 1000 * np.sin(a) * (1 - e) / (1 - np.cos(a) * e)


def test_t1_that_made_the_signal_comes_back_with_b1_of_each_voxel() -> None:
    t1_ms, b1 = np.array([154.0, 423, 1400, 1680, 4000]), np.array([1.0, 0.8, 1.25, 0.9, 1.1])
    signal = np.stack([spoiled(*voxel) for voxel in zip(t1_ms, b1, strict=True)])
    fit = t1_fit(signal, ANGLES, 5.0, b1)
    np.testing.assert_allclose(fit.t1_ms, t1_ms, rtol=1e-4)
    assert fit.converged.all()
    wrong = t1_fit(signal, ANGLES, 5.0).t1_ms  # ignoring B1 gives about T1 x B1²
    np.testing.assert_allclose(wrong[1], 423 * 0.8**2, rtol=0.03)


@pytest.mark.parametrize(("angles", "tr_ms"), [((5.0, 5.0), 5.0), ((5.0, 10.0), 0.0)])
def test_refuses_what_cannot_determine_t1(angles: tuple[float, ...], tr_ms: float) -> None:
    with pytest.raises(ValueError, match="two distinct flip angles"):
        t1_fit(np.ones((1, 2)), angles, tr_ms)


@pytest.mark.parametrize(("name", "per_s"), [("t1_brain_data.csv", 1), ("t1_quiba_data.csv", 1000)])
@pytest.mark.real
def test_osipi_cases_within_its_tolerance(name: str, per_s: float, real_data: Callable[[str], Path]) -> None:
    cases = pd.read_csv(real_data("osipi_dce") / name)
    for case in cases.itertuples():
        angles, signal, tr_s = (np.array(column.split(), dtype=float) for column in (case.FA, case.s, case.TR))
        r1 = 1000 / t1_fit(signal[None], tuple(angles), 1000 * tr_s[0]).t1_ms[0]
        expected = case.R1 * per_s
        assert abs(r1 - expected) <= 0.05 + 0.05 * expected, case.label
