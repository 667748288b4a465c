"""Whole paths from sums, against scikit-learn and the optimality conditions."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from shared.arrays import pack_symmetric
from shared.models.elastic_net import advance, begin, hessian, null_sums, penalty_path, slopes
from shared.models.logistic import with_intercept


def alone(part, *columns):
    return part(*columns)


def unlabelled(design, y):
    """What no model enters: classes, and sums and products of the features."""
    z = design[:, 1:]
    return {
        "totals": np.bincount(y, minlength=2).astype(float),
        "sums": np.stack([z[y == one].sum(axis=0) for one in (0, 1)]),
        "products": pack_symmetric(z.T @ z),
    }


def bent(design, y, at, columns):
    del y
    return {"curvature": hessian(design, at, columns)}


def next_sums(path, design, y, fits, add_up):
    """What one exchange brings."""
    of_fits = [
        add_up(partial(slopes, coefficients=path.trial[fit, still]), design[rows], y[rows])
        for fit, (rows, still) in enumerate(zip(fits, path.open, strict=True))
        if still.any()
    ]
    curved = [
        add_up(partial(bent, at=path.trial[fit, knot], columns=one.columns), design[fits[fit]], y[fits[fit]])[
            "curvature"
        ]
        for fit, one in path.wanted.items()
        for knot in one.knots
    ]
    totals = {name: np.concatenate([of_fit[name] for of_fit in of_fits]) for name in ("loss", "gradient")}
    return totals | {"curvature": np.concatenate([np.zeros(0), *curved])}


def solve(design, y, fits, l1_ratio, count, smallest, add_up=alone, limit=40, penalties=None, tolerance=1e-8):
    """The path of every fit, from sums; and how many exchanges it took."""
    known = [add_up(unlabelled, design[rows], y[rows]) for rows in fits]
    totals, sums, products = (np.stack([one[name] for one in known]) for name in ("totals", "sums", "products"))
    null = null_sums(totals, sums, products)
    if penalties is None:
        penalties = penalty_path(null["gradient"], totals.sum(1), l1_ratio, count, smallest)
    path = begin(penalties, l1_ratio, totals, null, tolerance)
    exchanges = 1
    while not path.done:
        assert exchanges < limit
        path = advance(path, next_sums(path, design, y, fits, add_up))
        exchanges += 1
    return path.solution, penalties, exchanges


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
    computed, penalties, _ = solve(with_intercept(z), y, [np.arange(120)], l1_ratio, 8, 0.01, add_up)
    for penalty, w in zip(penalties[0, 1:], computed[0, 1:], strict=True):
        reference = LogisticRegression(
            C=1 / (120 * penalty), l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=200_000
        ).fit(z, y)
        scale = max(np.abs(reference.coef_).max(), 0.1)
        assert w[1:] == pytest.approx(reference.coef_[0], abs=1e-6 * scale)
        assert w[0] == pytest.approx(reference.intercept_[0], abs=1e-6 * scale)
        assert ((w[1:] != 0) == (reference.coef_[0] != 0)).all()


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_without_an_l1_penalty_it_is_ridge_by_newtons_steps(table, add_up, c):
    z, y = table
    computed, _, exchanges = solve(
        with_intercept(z),
        y,
        [np.arange(120)],
        0.0,
        1,
        1.0,
        add_up,
        penalties=np.array([[1 / (120 * c)]]),
        tolerance=1e-10,
    )
    reference = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=200).fit(z, y)
    expected = np.concatenate([reference.intercept_, reference.coef_[0]])
    assert np.abs(computed[0, 0] - expected).max() <= 1e-9 * np.abs(expected).max()
    assert exchanges <= 8


def test_the_sums_without_features_are_those_of_the_design(table):
    z, y = table
    design = with_intercept(z)
    known = {name: total[None] for name, total in unlabelled(design, y).items()}
    null = null_sums(known["totals"], known["sums"], known["products"])
    risk = y.mean()
    np.testing.assert_allclose(null["gradient"][0], design.T @ (risk - y), atol=1e-10)
    np.testing.assert_allclose(null["products"][0], design.T @ design, atol=1e-10)


def test_first_penalty_is_the_least_without_features(table):
    z, y = table
    computed, penalties, _ = solve(with_intercept(z), y, [np.arange(120)], 1.0, 3, 0.9)
    assert (computed[0, 0, 1:] == 0).all()
    assert computed[0, 0, 0] == pytest.approx(np.log(y.mean() / (1 - y.mean())))
    assert (computed[0, 1, 1:] != 0).sum() == 1
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
    computed, penalties, exchanges = solve(design, y, folds, 1.0, 20, 0.02)
    for fold, rows in enumerate(folds):
        for k in range(20):
            assert conditions(design[rows], y[rows], computed[fold, k], penalties[fold, k], 1.0) <= 1e-8
    assert exchanges <= 15
    assert (computed[:, -1, 1:] != 0).sum(axis=1).max() > 15


def test_each_problem_is_solved_as_if_alone(wide):
    z, y, folds = wide
    design = with_intercept(z)
    together, _, _ = solve(design, y, folds, 0.7, 6, 0.1)
    alone, _, _ = solve(design, y, folds[1:2], 0.7, 6, 0.1)
    assert together[1] == pytest.approx(alone[0], abs=1e-7)


def test_separable_classes_stay_finite():
    z = np.linspace(-1, 1, 40)[:, None]
    computed, _, _ = solve(with_intercept(z), (z[:, 0] > 0).astype(int), [np.arange(40)], 1.0, 5, 1e-3)
    assert np.isfinite(computed).all()
    assert (np.diff(computed[0, :, 1]) > 0).all()


def test_a_fit_of_one_class_stays_at_zero_and_asks_for_nothing(table):
    z, y = table
    fits = [np.flatnonzero(y == 1), np.arange(120)]
    computed, _, _ = solve(with_intercept(z), y, fits, 1.0, 4, 0.1)
    assert (computed[0] == 0).all()
    assert (computed[1, -1, 1:] != 0).any()


@pytest.mark.real
def test_path_of_the_real_four_site_table(real_data):
    """139 patients, 370 correlated features: 50 penalties meet the conditions in few exchanges."""
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz").dropna(subset=["her2"])
    z = table.iloc[:, : table.columns.get_loc("ID")].to_numpy()
    z = (z - z.mean(0)) / z.std(0)
    y = (table["her2"] == 1).to_numpy().astype(int)
    design = with_intercept(z)
    computed, penalties, exchanges = solve(design, y, [np.arange(len(z))], 1.0, 50, 0.05)
    assert 20 < y.sum() < len(y) - 20
    worst = max(conditions(design, y, computed[0, k], penalties[0, k], 1.0) for k in range(50))
    assert worst <= 1e-8
    assert exchanges <= 15
