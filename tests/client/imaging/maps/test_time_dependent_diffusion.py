import numpy as np
import pytest

from client.imaging.maps.acquisition import DiffusionTimes
from client.imaging.maps.fitting.restricted_sphere import oscillating, pulsed
from client.imaging.maps.time_dependent_diffusion import time_dependent_diffusion

pytestmark = pytest.mark.slow  # compiles a fit

B = (0, 250, 500, 1000, 1400, 0, 200, 400, 600, 0, 100, 200, 300)
HZ = (0.0,) * 5 + (17.0,) * 4 + (33.0,) * 4
DURATION = (12.0,) * 5 + (60.0,) * 8
SEPARATION = (74.0,) * 5 + (66.0,) * 8


def signal(diameter: float, fraction: float, d_ex: float) -> np.ndarray:
    values = []
    for b, hz, duration, separation in zip(B, HZ, DURATION, SEPARATION, strict=True):
        d = np.array([diameter])
        if b == 0:
            inside = 1.0
        elif hz == 0:
            inside = pulsed(d, b / 1000, duration, separation, 1.56)[0]
        else:
            inside = oscillating(d, b / 1000, duration, separation, hz / 1000, 1.56)[0]
        values.append(fraction * inside + (1 - fraction) * np.exp(-b * d_ex))
    return 400 * np.array(values)


def series(*tissues: tuple[float, float, float]) -> DiffusionTimes:
    return DiffusionTimes(np.stack([signal(*tissue) for tissue in tissues]), B, HZ, DURATION, SEPARATION)


def test_cells_that_made_the_signal_come_back() -> None:
    tissues = [(9.0, 0.4, 1.5e-3), (14.2, 0.65, 2.0e-3), (19.0, 0.5, 1.2e-3)]
    fit = time_dependent_diffusion(series(*tissues))
    diameter, fraction, d_ex = np.array(tissues).T
    np.testing.assert_allclose(fit.diameter, diameter, rtol=0.005)
    np.testing.assert_allclose(fit.fraction, fraction, rtol=0.005)
    np.testing.assert_allclose(fit.extracellular_d, d_ex, rtol=0.005)
    np.testing.assert_allclose(fit.cellularity, fraction / diameter, rtol=0.01)


def test_refuses_a_single_diffusion_time() -> None:
    one = DiffusionTimes(np.ones((1, 5)), B[:5], HZ[:5], DURATION[:5], SEPARATION[:5])
    with pytest.raises(ValueError, match="two diffusion times"):
        time_dependent_diffusion(one)
