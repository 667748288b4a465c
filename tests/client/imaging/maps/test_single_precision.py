"""Exponential and logarithm in single precision beside numpy's in double."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from client.imaging.maps.fitting.compiled import compiled
from client.imaging.maps.fitting.exponential import decay_single
from client.imaging.maps.fitting.logarithm import log_single


@compiled
def _decays(x: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for i in range(len(x)):
        out[i] = decay_single(x[i])


@compiled
def _logarithms(x: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for i in range(len(x)):
        out[i] = log_single(x[i])


def applied(function: Callable[..., None], x: NDArray[np.float32]) -> NDArray[np.float64]:
    out = np.empty_like(x)
    function(x, out)
    return out.astype(np.float64)


def test_exponential_keeps_its_digits_where_it_is_tiny() -> None:
    x = np.concatenate([[0.0], np.geomspace(1e-6, 87, 5000)]).astype(np.float32)
    np.testing.assert_allclose(applied(_decays, x), np.exp(-x.astype(np.float64)), rtol=1e-5)


def test_exponential_of_more_than_87_is_that_of_87() -> None:
    computed = applied(_decays, np.array([87, 88, 1e30, np.inf], np.float32))
    np.testing.assert_array_equal(computed, np.full(4, computed[0]))


def test_logarithm_keeps_its_digits_also_near_one() -> None:
    x = np.concatenate([np.geomspace(1.2e-38, 3.4e38, 5001), 1 + np.linspace(-0.3, 0.4, 701)]).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    np.testing.assert_allclose(applied(_logarithms, x), exact, rtol=3e-7, atol=1e-12)


def test_logarithm_of_what_has_none_is_missing() -> None:
    assert np.isnan(applied(_logarithms, np.array([0, -0.0, -1, -np.inf, np.inf, np.nan, 1e-40], np.float32))).all()
