import numpy as np
import pytest

from client.imaging.maps.fitting.compiled import LANES
from client.imaging.maps.fitting.convolution import convolve


def run(times: np.ndarray, arterial: np.ndarray, samples: np.ndarray, rate: float, delay: float) -> np.ndarray:
    padded = np.zeros(max(len(times), len(samples)))
    padded[: len(samples)] = samples
    out = np.empty((4, len(samples), LANES))
    convolve(times, arterial, padded, np.full(LANES, rate), np.full(LANES, delay), *out)
    assert (out == out[..., :1]).all()
    return out[..., 0]


@pytest.mark.parametrize("rate", [1e-6, 1e-3, 0.02, 3.0])
def test_a_constant_input_gives_the_textbook_rise(rate: float) -> None:
    times, samples = np.linspace(0, 100, 51), np.array([0.0, 0.7, 10, 33.3, 99])
    value, by_rate, at_sample, rise = run(times, np.full(51, 2.0), samples, rate, 0.0)
    np.testing.assert_allclose(value, -2 * np.expm1(-rate * samples) / rate, rtol=1e-6, atol=1e-12)
    t = samples
    exact = 2 * (rate * t * np.exp(-rate * t) + np.expm1(-rate * t)) / rate**2
    np.testing.assert_allclose(by_rate, exact, rtol=2e-3, atol=1e-2 if rate < 1e-4 else 1e-9)
    np.testing.assert_allclose(at_sample, 2.0)
    np.testing.assert_allclose(rise, 0.0)


def test_a_delay_is_the_same_curve_later() -> None:
    rng = np.random.default_rng(0)
    times, arterial = np.arange(0, 60.0), rng.random(60)
    late = run(times, arterial, np.arange(5.0, 60, 5), 0.05, 3.7)[0]
    early = run(times, arterial, np.arange(5.0, 60, 5) - 3.7, 0.05, 0.0)[0]
    np.testing.assert_allclose(late, early, rtol=1e-12)


def test_equals_fine_quadrature_of_a_curve_that_is_linear_between_its_samples() -> None:
    rng = np.random.default_rng(1)
    times, arterial = np.cumsum(rng.uniform(0.5, 3, 40)), rng.random(40)
    t = times[-1] - 0.3
    u = np.linspace(times[0], t, 400_001)
    integrand = np.interp(u, times, arterial) * np.exp(-0.04 * (t - u))
    expected = np.sum((integrand[1:] + integrand[:-1]) / 2) * (u[1] - u[0])
    np.testing.assert_allclose(run(times, arterial, np.array([t]), 0.04, 0.0)[0], [expected], rtol=1e-8)


def test_derivatives_equal_differences() -> None:
    rng = np.random.default_rng(2)
    times, arterial, samples = np.arange(0, 80.0, 2), rng.random(40), np.array([11.3, 40.9, 70.1])
    _, by_rate, at_sample, _ = run(times, arterial, samples, 0.03, 2.0)
    more, less = (run(times, arterial, samples, 0.03 + d, 2.0)[0] for d in (1e-6, -1e-6))
    np.testing.assert_allclose(by_rate, (more - less) / 2e-6, rtol=1e-6)
    later, sooner = (run(times, arterial, samples, 0.03, 2.0 + d)[0] for d in (1e-4, -1e-4))
    value = run(times, arterial, samples, 0.03, 2.0)[0]
    np.testing.assert_allclose(-(at_sample - 0.03 * value), (later - sooner) / 2e-4, rtol=1e-4)
