"""Measures of agreement from sums, against the values themselves; their intervals cover."""

import numpy as np
import pytest

from shared.metrics.residuals import GROUPS, counted, grouped, in_unit, residuals, site_sums


def of_sites(random: np.random.Generator, sizes: tuple[int, ...] = (40, 50, 60)) -> list[tuple[np.ndarray, np.ndarray]]:
    collected = []
    for shift, n in enumerate(sizes):
        t = 0.2 * random.normal(size=n) + shift / 10
        collected.append((0.7 * t + 0.15 * random.normal(size=n), t))
    return collected


def summed(sites: list[tuple[np.ndarray, np.ndarray]]) -> tuple[int, np.ndarray, np.ndarray]:
    sums = [site_sums(p, t) for p, t in sites]
    return (
        sum(len(t) for _, t in sites),
        np.sum([sum["raw"] for sum in sums], axis=0),
        np.sum([sum["within"] for sum in sums], axis=0),
    )


def test_measures_follow_in_another_unit_as_if_they_had_been_summed_there() -> None:
    sites = of_sites(np.random.default_rng(4))
    n, raw, within = summed(sites)
    ours = residuals(n, *in_unit(n, raw, within, 50.0, 20.0), len(sites))
    there = residuals(*summed([(50 + 20 * p, 50 + 20 * t) for p, t in sites]), len(sites))
    for name in ("correlation", "r_squared", "pooled_r_squared", "rmse", "mae", "bias", "spread"):
        assert getattr(ours, name) == pytest.approx(getattr(there, name), rel=1e-9), name
    for name in ("rmse_limits", "mae_limits", "r_squared_limits", "correlation_limits", "agreement"):
        assert getattr(ours, name) == pytest.approx(getattr(there, name), rel=1e-8), name
    assert vars(ours.recalibration) == pytest.approx(vars(there.recalibration), rel=1e-8)


def test_limits_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    truth = residuals(*summed(of_sites(random, (60_000, 75_000, 90_000))), 3)
    inside = dict.fromkeys(("correlation", "r_squared", "rmse", "mae"), 0)
    for _ in range(400):
        computed = residuals(*summed(of_sites(random)), 3)
        for name in inside:
            low, high = getattr(computed, f"{name}_limits")
            inside[name] += low <= getattr(truth, name) <= high
    # 95 % of 400 are 380, with a standard deviation of 4.4; delta methods are a little short at 150 patients
    assert all(362 <= count <= 396 for count in inside.values()), inside


def test_nobody_and_constants_have_no_measure() -> None:
    empty = site_sums(np.zeros(0), np.zeros(0))
    nothing = residuals(0, empty["raw"], empty["within"], 0)
    assert np.isnan([nothing.rmse, nothing.correlation, nothing.r_squared, nothing.recalibration.slope]).all()
    sums = site_sums(np.full(9, 0.2), np.linspace(-0.5, 0.5, 9))
    flat = residuals(9, sums["raw"], sums["within"], 1)
    assert np.isnan(flat.correlation)
    assert np.isnan(flat.recalibration.slope)
    assert flat.r_squared == pytest.approx(0)
    assert flat.bias == pytest.approx(0.2)


def test_groups_hold_a_fifth_each_and_counts_everybody() -> None:
    [(p, t)] = of_sites(np.random.default_rng(6), (53,))
    groups = grouped(p, t)
    assert groups.shape == (GROUPS, 4)
    assert groups[:, 0].tolist() == [11, 11, 11, 10, 10]
    assert (np.diff(groups[:, 1] / groups[:, 0]) > 0).all()
    assert groups[:, 2].sum() == pytest.approx(t.sum())
    assert counted(np.array([2.0, -1.5, 0.05]), np.zeros(3)).nonzero()[0].tolist() == [0, 10, 19]
