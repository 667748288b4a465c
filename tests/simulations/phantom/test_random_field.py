"""Random textures have the covariance that was asked for."""

import numpy as np
import pytest

from simulations.phantom.random_field import RandomField


def test_covariance_over_many_fields():
    rng = np.random.default_rng(3)
    distance_mm = np.array([0.0, 2.0, 4.0, 8.0])
    points = np.stack([distance_mm, np.zeros(4), np.zeros(4)], axis=1)
    values = np.stack([RandomField.draw(rng, correlation_mm=4.0)(points) for _ in range(6_000)])
    assert values.mean(0) == pytest.approx(np.zeros(4), abs=0.05)
    covariance = (values[:, :1] * values).mean(0)
    assert covariance == pytest.approx(np.exp(-(distance_mm**2) / (2 * 4.0**2)), abs=0.05)


def test_does_not_depend_on_the_grid():
    field = RandomField.draw(np.random.default_rng(3), correlation_mm=2.0)
    points = np.random.default_rng(4).normal(size=(6, 5, 3))
    assert field(points)[2, 3] == pytest.approx(field(points[2, 3]))
