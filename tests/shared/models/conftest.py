"""A table of three sites, and how their sums are added up."""

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture(scope="session")
def table():
    """120 patients of three sites, five correlated standardized features, two classes."""
    rng = np.random.default_rng(31)
    z = rng.normal(size=(120, 5)) @ rng.normal(size=(5, 5))
    z = (z - z.mean(0)) / z.std(0)
    y = (rng.random(120) < 1 / (1 + np.exp(-(z @ [1.0, -0.5, 0.3, 0.0, 0.0])))).astype(np.int64)
    return z, y


@pytest.fixture(scope="session")
def add_up() -> Callable[..., dict]:
    """Add the sums of three sites of unequal size."""

    def total(sums: Callable[..., dict], *columns: np.ndarray) -> dict:
        parts = [sums(*(column[rows] for column in columns)) for rows in (slice(30), slice(30, 37), slice(37, None))]
        return {name: sum(part[name] for part in parts) for name in parts[0]}

    return total
