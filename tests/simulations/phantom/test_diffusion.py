"""Attenuation by diffusion in its known limits."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.phantom.diffusion import attenuation


def test_without_kurtosis_and_blood_it_is_exponential():
    assert attenuation(1000, 1.0e-3, 0.0, 0.0) == pytest.approx(np.exp(-1.0))


def test_value_of_a_worked_example():
    # (1 + 1.0 x 1.5 / 3)^(-3 / 1.5) = 1.5^-2 = 0.4444, and a tenth of blood: 0.1 exp(-15)
    assert attenuation(1000, 1.0e-3, 1.5, 0.1) == pytest.approx(0.9 / 2.25 + 0.1 * np.exp(-15))


@given(st.floats(0.5e-3, 2e-3), st.floats(0.05, 2.0))
def test_agrees_with_the_kurtosis_expansion_at_low_b(diffusivity, kurtosis):
    b = 0.02 / diffusivity
    expansion = -b * diffusivity + (b * diffusivity) ** 2 * kurtosis / 6
    assert np.log(attenuation(b, diffusivity, kurtosis, 0.0)) == pytest.approx(expansion, abs=2e-5)


@given(st.floats(0.1e-3, 3e-3), st.floats(0.0, 2.5), st.floats(0.0, 0.3))
def test_falls_with_every_b(diffusivity, kurtosis, blood):
    signal = [float(attenuation(b, diffusivity, kurtosis, blood)) for b in (0, 50, 200, 800, 1500, 2500, 4000)]
    assert signal[0] == pytest.approx(1.0)
    assert all(later < earlier for earlier, later in pairwise(signal))
