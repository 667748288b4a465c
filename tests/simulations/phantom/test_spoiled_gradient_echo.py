"""The spoiled gradient echo's signal in its known limits."""

import numpy as np
import pytest

from simulations.phantom.spoiled_gradient_echo import signal


def test_value_of_a_worked_example():
    # T1 1000 ms, TR 5 ms, 10 degrees: E1 = 0.9950125, sin = 0.1736482, cos = 0.9848078;
    # 0.1736482 x 0.0049875 / (1 - 0.9798961) = 0.043080
    assert signal(1.0, 10.0, 5.0) == pytest.approx(0.043080, rel=1e-4)


def test_largest_at_the_ernst_angle():
    ernst = np.rad2deg(np.arccos(np.exp(-5.0 / 800)))
    angles = np.linspace(1, 40, 3901)
    assert angles[signal(1000 / 800, angles, 5.0).argmax()] == pytest.approx(ernst, abs=0.01)


def test_full_recovery_gives_the_sine_of_the_angle():
    assert signal(1000.0, 30.0, 1000.0) == pytest.approx(0.5)
