from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.imaging.maps.arterial_input import georgiou, parker, plasma


def test_nothing_before_the_bolus() -> None:
    seconds = np.array([-30.0, -1.0])
    assert not parker(seconds).any()
    assert not georgiou(seconds).any()


def test_plasma_holds_all_of_the_agent() -> None:
    np.testing.assert_allclose(plasma(np.array([0.58]), 0.42), [1.0])


@pytest.mark.parametrize("name", ["ParkerAIF_ref.csv", "ParkerAIF_ref_with_delay.csv", "GeorgiouAIF_ref.csv"])
@pytest.mark.real
def test_osipi_reference_within_its_tolerance(name: str, real_data: Callable[[str], Path]) -> None:
    reference = pd.read_csv(real_data("osipi_dce") / name)
    delay = reference["delay"].to_numpy() if "delay" in reference else 0.0
    curve = georgiou if name.startswith("Georgiou") else parker
    ours = curve(reference["time"].to_numpy() * 60 - delay)
    expected = reference["Cb"].to_numpy()
    assert len(expected) > 1000
    assert (np.abs(ours - expected) <= 1e-4 + 0.01 * expected).all()
    # Far inside it: what the published samples leave to rounding.
    assert np.abs(ours - expected).max() < 5e-5
