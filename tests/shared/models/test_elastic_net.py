from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from shared.models.elastic_net import advance, begin, null_coefficients, penalty_path, sums
from shared.models.logistic import with_intercept


def stacked(parts):
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def solve(design, y, fits, l1_ratio, count, smallest, add_up=None, limit=40):
    """The path of every fit, from sums; and how many exchanges it took."""

    def add(rows, coefficients, active):
        part = partial(sums, coefficients=coefficients, active=active)
        return part(design[rows], y[rows]) if add_up is None else add_up(part, design[rows], y[rows])

    totals = np.array([np.bincount(y[rows], minlength=2) for rows in fits])
    null = null_coefficients(totals, design.shape[1])
    everything = np.arange(design.shape[1])
    first = stacked([add(rows, start, everything) for rows, start in zip(fits, null, strict=True)])
    penalties = penalty_path(first["gradient"], totals.sum(1), l1_ratio, count, smallest)
    path = begin(penalties, l1_ratio, totals, null, first)
    exchanges = 1
    while path.open.size:
        assert exchanges < limit
        asked = zip(path.open, path.coefficients, path.columns, strict=True)
        path = advance(path, stacked([add(fits[row // count], *rest) for row, *rest in asked]))
        exchanges += 1
    return path.accepted.reshape(len(fits), count, -1), penalties, exchanges


def conditions(design, y, w, penalty, l1_ratio):
    """Breach of the optimality conditions, written out for one problem."""
    gradient = design.T @ (expit(design @ w) - y) / len(y)
    smooth = gradient[1:] + penalty * (1 - l1_ratio) * w[1:]
    worst = [abs(gradient[0])]
    for weight, slope in zip(w[1:], smooth, strict=True):
        if weight == 0:
            worst.append(max(0.0, abs(slope) - penalty * l1_ratio))
        else:
            worst.append(abs(slope + penalty * l1_ratio * np.sign(weight)))
    return max(worst)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_equals_scikit_learn_along_the_path(table, add_up, l1_ratio):
    z, y = table
    found, penalties, _ = solve(with_intercept(z), y, [np.arange(120)], l1_ratio, 8, 0.01, add_up)
    for penalty, w in zip(penalties[0, 1:], found[0, 1:], strict=True):
        reference = LogisticRegression(
            C=1 / (120 * penalty), l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=200_000
        ).fit(z, y)
        scale = max(np.abs(reference.coef_).max(), 0.1)
        assert w[1:] == pytest.approx(reference.coef_[0], abs=1e-6 * scale)
        assert w[0] == pytest.approx(reference.intercept_[0], abs=1e-6 * scale)
        assert ((w[1:] != 0) == (reference.coef_[0] != 0)).all()


def test_first_penalty_is_the_least_without_features(table):
    z, y = table
    found, penalties, _ = solve(with_intercept(z), y, [np.arange(120)], 1.0, 3, 0.9)
    assert (found[0, 0, 1:] == 0).all()
    assert found[0, 0, 0] == pytest.approx(np.log(y.mean() / (1 - y.mean())))
    assert (found[0, 1, 1:] != 0).sum() == 1
    assert penalties[0, -1] == pytest.approx(0.9 * penalties[0, 0])


@pytest.fixture(scope="module")
def wide():
    """More features than patients, strongly correlated, three folds."""
    rng = np.random.default_rng(17)
    z = rng.normal(size=(90, 12)) @ rng.normal(size=(12, 150)) + 0.5 * rng.normal(size=(90, 150))
    z = (z - z.mean(0)) / z.std(0)
    y = (rng.random(90) < expit(z[:, :3] @ [1, -1, 0.5])).astype(int)
    return z, y, [np.flatnonzero(np.arange(90) % 3 != k) for k in range(3)]


def test_every_problem_of_every_fold_meets_the_conditions(wide):
    z, y, folds = wide
    design = with_intercept(z)
    found, penalties, exchanges = solve(design, y, folds, 1.0, 20, 0.02)
    for fold, rows in enumerate(folds):
        for k in range(20):
            assert conditions(design[rows], y[rows], found[fold, k], penalties[fold, k], 1.0) <= 1e-8
    assert exchanges <= 15
    assert (found[:, -1, 1:] != 0).sum(axis=1).max() > 15


def test_each_problem_is_solved_as_if_alone(wide):
    z, y, folds = wide
    design = with_intercept(z)
    together, _, _ = solve(design, y, folds, 0.7, 6, 0.1)
    alone, _, _ = solve(design, y, folds[1:2], 0.7, 6, 0.1)
    assert together[1] == pytest.approx(alone[0], abs=1e-7)


def test_separable_classes_stay_finite():
    z = np.linspace(-1, 1, 40)[:, None]
    found, _, _ = solve(with_intercept(z), (z[:, 0] > 0).astype(int), [np.arange(40)], 1.0, 5, 1e-3)
    assert np.isfinite(found).all()
    assert (np.diff(found[0, :, 1]) > 0).all()


def test_a_fit_of_one_class_stays_at_zero_and_asks_for_nothing(table):
    z, y = table
    fits = [np.flatnonzero(y == 1), np.arange(120)]
    found, _, _ = solve(with_intercept(z), y, fits, 1.0, 4, 0.1)
    assert (found[0] == 0).all()
    assert (found[1, -1, 1:] != 0).any()


@pytest.mark.real
def test_path_of_the_real_four_site_table(real_data):
    """139 patients, 370 correlated features: 50 penalties meet the conditions in few exchanges."""
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz").dropna(subset=["her2"])
    z = table.iloc[:, : table.columns.get_loc("ID")].to_numpy()
    z = (z - z.mean(0)) / z.std(0)
    y = (table["her2"] == 1).to_numpy().astype(int)
    design = with_intercept(z)
    found, penalties, exchanges = solve(design, y, [np.arange(len(z))], 1.0, 50, 0.05)
    assert 20 < y.sum() < len(y) - 20
    worst = max(conditions(design, y, found[0, k], penalties[0, k], 1.0) for k in range(50))
    assert worst <= 1e-8
    assert exchanges <= 15
