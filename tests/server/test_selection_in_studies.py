"""Selection within a study: in every fit the features that the pooled training patients of that fit give."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import f_oneway, false_discovery_control
from sklearn.feature_selection import f_regression
from sklearn.linear_model import lasso_path
from sklearn.metrics import mutual_info_score

from client.exchange.state.learning import Learning
from shared.folds import generator
from shared.selection.mrmr import CUTS
from shared.selection.mrmr_correlation import LEAST_REDUNDANCY
from shared.selection.stability import PENALTIES, half_samples
from simulations.pooled import Pooled
from tests.study_of_tables import Finished, settle, study, tables

pytestmark = pytest.mark.slow


def run(folder: Path, classes: int = 2, **selection: object) -> Finished:
    evaluation = {"folds": 2, "resamples": 0, "inner_folds": 4}
    model = {"kind": "logistic" if classes else "linear"}
    asked = study(classes, selection=selection, evaluation=evaluation, model=model)
    return Finished.run(asked, settle(folder, tables(classes)), folder)


def pooled(done: Finished, task: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All features of a task's training patients, their outcome, and the inner fold that leaves each out."""
    z, y, block = [], [], []
    for one in done.runs:
        rows = one.trains(one.fits[done.learned.tasks[task].fit])
        z.append(one.part(Learning).values(task)[rows])
        y.append(one.table.y[rows])
        block.append(one.inner[rows])
    return np.concatenate(z), np.concatenate(y), np.concatenate(block)


def selected(done: Finished, task: int) -> set[int]:
    return {int(one) for one in done.learned.selected[task] if one >= 0}


def test_discoveries_at_a_rate_are_scipys_in_every_fit(tmp_path: Path) -> None:
    done = run(tmp_path, false_discovery_rate=0.05)
    found = []
    for task in done.tasks:
        z, y, _ = pooled(done, task)
        p = f_oneway(z[y == 0], z[y == 1]).pvalue
        expected = set(np.flatnonzero(false_discovery_control(p) <= 0.05))
        assert selected(done, task) == expected
        found.append(len(expected))
    assert 0 < min(found) < max(found) <= 7
    shown = {one.feature: one for one in done.result.model.candidates}
    z, y, _ = pooled(done, 0)
    for place, one in enumerate(f_oneway(z[y == 0], z[y == 1]).pvalue):
        assert shown[f"f{place}"].p_value == pytest.approx(one, rel=1e-9)
        assert shown[f"f{place}"].entered == (place in selected(done, 0))


def test_relevance_without_redundancy_is_that_of_the_pooled_table(tmp_path: Path) -> None:
    done = run(tmp_path, method="mrmr", keep=3)
    for task in done.tasks:
        z, y, _ = pooled(done, task)
        levels = np.searchsorted(CUTS, z, side="left")
        chosen: list[int] = []
        while len(chosen) < 3:
            worth = [
                mutual_info_score(y, column)
                - np.mean([mutual_info_score(levels[:, one], column) for one in chosen] or [0.0])
                for column in levels.T
            ]
            chosen.append(max((one for one in range(7) if one not in chosen), key=lambda one: round(worth[one], 10)))
        assert selected(done, task) == set(chosen)


def test_relevance_without_redundancy_for_a_number_is_that_of_the_pooled_table(tmp_path: Path) -> None:
    done = run(tmp_path, classes=0, method="mrmr", keep=3)
    for task in done.tasks:
        z, y, _ = pooled(done, task)
        relevance, size = f_regression(z, y)[0], np.abs(np.corrcoef(z.T)).clip(LEAST_REDUNDANCY)
        chosen: list[int] = []
        while len(chosen) < 3:
            worth = [f / (size[one, chosen].mean() if chosen else 1.0) for one, f in enumerate(relevance)]
            chosen.append(max((one for one in range(7) if one not in chosen), key=lambda one: worth[one]))
        assert selected(done, task) == set(chosen)


@pytest.mark.parametrize("classes", [2, 0])
def test_features_that_most_halves_choose_are_those_of_the_pooled_table(classes: int, tmp_path: Path) -> None:
    done = run(tmp_path, classes, method="stability", most=3, threshold=0.7)
    inner = [fit.inner for fit in done.runs[0].fits]
    assert sum(one is not None for one in inner) == 4 * 6
    sizes = set()
    for task in range(len(done.runs[0].fits)):
        z, y, block = pooled(done, task)
        left = np.unique(block)
        assert len(left) == (4 if inner[task] is None else 3)
        drawn = list(combinations(left.tolist(), len(left) // 2))
        assert {tuple(one) for one in half_samples(left, 50, generator(1, "halves"))} == set(drawn)
        counts = np.zeros(7)
        for half in drawn:
            rows = np.isin(block, half)
            centred, outcome = z[rows] - z[rows].mean(axis=0), y[rows] - y[rows].mean()
            largest = np.abs(centred.T @ outcome).max() / rows.sum()
            _, path, _ = lasso_path(centred, outcome, alphas=largest * PENALTIES, tol=1e-13, max_iter=100_000)
            used = np.logical_or.accumulate(path.T != 0, axis=0)
            counts += used[used.sum(axis=1) <= 3].any(axis=0)
        expected = set(np.flatnonzero(counts / len(drawn) >= 0.7))
        assert selected(done, task) == expected
        sizes.add(len(expected))
    if classes:
        assert sizes == {0, 1, 2, 3}  # a fit of which no feature is stable has a model without features
    else:
        assert len(sizes) > 1
        steps = {one.quantity: one.step for one in done.result.departures if one.quantity.startswith("block_outcome")}
        assert steps == {"block_outcomes": "gram", "block_outcome_products": "gram"}
    final = {one.feature for one in done.result.model.candidates if (one.half_samples or 0) >= 0.7}
    assert final == {one.feature for one in done.result.model.coefficients}
    # and so says what a comparison holds the study against
    whole = Pooled(done.runs).trained.learned
    assert [set(one) for one in whole.selected.tolist()] == [set(one) for one in done.learned.selected.tolist()]
