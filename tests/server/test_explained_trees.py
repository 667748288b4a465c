"""A study of boosted trees explains itself: SHAP by its definition at each site, as counts over all, in its report."""

from itertools import combinations
from math import factorial
from pathlib import Path

import numpy as np
import pytest

from client.exchange.state.learning import Learning
from server.report import render
from shared.models.trees import Ensemble
from shared.training.explanation import BACKGROUND
from tests.study_of_tables import Finished, settle, study, tables

pytestmark = pytest.mark.slow

KEPT = 3


def done(folder: Path, **model: object) -> Finished:
    asked = study(
        2,
        model=model,
        training={"max_iterations": 5},
        selection={"method": "univariate", "keep": KEPT},
        evaluation={"folds": 2, "resamples": 0, "leave_one_site_out": False},
    )
    return Finished.run(asked, settle(folder, tables(2)), folder)


def by_definition(trees: Ensemble, z: np.ndarray) -> np.ndarray:
    """(n, features) Shapley values of one site's patients: a coalition's features are theirs, the others another's."""
    background, found = z[:BACKGROUND], np.zeros(z.shape)

    def worth(coalition: tuple[int, ...]) -> np.ndarray:
        mixed = np.repeat(background[None], len(z), axis=0)
        mixed[:, :, list(coalition)] = z[:, None, list(coalition)]
        return trees.total(mixed.reshape(-1, z.shape[1]))[:, 0].reshape(len(z), -1).mean(axis=1)

    for feature in range(z.shape[1]):
        others = [number for number in range(z.shape[1]) if number != feature]
        for size in range(len(others) + 1):
            share = factorial(size) * factorial(len(others) - size) / factorial(len(others) + 1)
            for coalition in combinations(others, size):
                found[:, feature] += share * (worth((*coalition, feature)) - worth(coalition))
    return found


def test_trees_are_explained_against_patients_of_their_own_site_and_counted_over_all(tmp_path: Path) -> None:
    boosted = done(tmp_path, kind="boosting", trees=6, depth=2)
    vector = boosted.trainer.coefficients[0, 0]
    moved = np.concatenate(
        [by_definition(Ensemble.of_vector(vector), run.part(Learning).designs(0)[:, 1:]) for run in boosted.runs]
    )
    chosen = boosted.learned.selected[0]
    shown = {one.feature: one for one in boosted.result.explained}
    assert 0 < len(shown) <= KEPT
    for name, one in shown.items():
        own = moved[:, list(chosen).index(int(name[1:]))]
        assert one.attribution == pytest.approx(np.abs(own).mean(), abs=1e-9)
        edges = np.concatenate([[-np.inf], one.moves[1:-1], [np.inf]])
        assert list(one.moved) == np.histogram(own, edges)[0].tolist()
        assert sum(one.moved) == len(moved) == 240
        assert one.importance is not None
    page = render(boosted.result)
    assert "By what the model decides" in page
    assert "SHAP of trees against patients of the same site" in page


def test_a_network_is_said_to_be_explained_by_its_slope_alone(tmp_path: Path) -> None:
    page = render(done(tmp_path, kind="mlp", hidden=3).result)
    assert "the model itself is not linear" in page
    assert "SHAP of trees" not in page
