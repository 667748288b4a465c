"""Shuffled labels under every kind of model and selection that shares no gradients of the elastic net.

Each study runs over three simulated sites, under masks; all shuffles are then learned anew on the pooled table, from
the same deals, and must rank patients the same.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import somersd
from sklearn.ensemble import RandomForestClassifier

from client.exchange.state.harmonized import Harmonized
from client.exchange.state.permuted import Shuffled
from shared.arrays import Array
from shared.models.trees import normal_bins
from shared.training.local_training import TrainedInMemory
from shared.training.permutations import Shuffles
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet
from tests.study_of_tables import Finished, settle, study, tables

pytestmark = pytest.mark.slow

FOLDS, SHUFFLES = 2, 3
UNIVARIATE, STABLE = {"method": "univariate", "keep": 3}, {"method": "stability", "most": 3, "threshold": 0.7}
CASES: dict[str, dict[str, object]] = {
    "boosting": {"model": {"kind": "boosting", "trees": 5, "depth": 2}, "selection": UNIVARIATE},
    "xgboost": {"model": {"kind": "xgboost", "trees": 3, "depth": 2}, "selection": UNIVARIATE},
    "mlp": {"model": {"kind": "mlp", "hidden": 3, "local_steps": 1}, "training": {"max_iterations": 8}},
    "qda": {"model": {"kind": "qda", "shrinkage": 0.1}},
    "stability": {"selection": STABLE},
    "numbers by stability": {"model": {"kind": "linear"}, "selection": STABLE},
    "numbers by mrmr": {"model": {"kind": "linear"}, "selection": {"method": "mrmr", "keep": 3}},
}
TOGETHER = set(CASES) - {"xgboost"}
"""Those that are, from sums, what one table of all patients gives; of the others each site's trees are its own."""


def shuffled(folder: Path, classes: int = 2, **changes: object) -> Finished:
    evaluation = {"folds": FOLDS, "resamples": 0, "inner_folds": 4, "permutations": SHUFFLES, "explain": False}
    asked = study(classes, evaluation={**evaluation, "leave_one_site_out": False}, **changes)
    return Finished.run(asked, settle(folder, tables(classes)), folder)


@pytest.fixture(scope="module", params=list(CASES))
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Finished]:
    classes = 0 if request.param.startswith("numbers") else 2
    return request.param, shuffled(tmp_path_factory.mktemp("shuffled"), classes, **CASES[request.param])


def anew(done: Finished, *, together: bool) -> Array:
    """(shuffles,) AUC within sites of all that is learned where the patients of all sites, or of each, lie at hand."""
    runs, parts = done.runs, [run.part(Shuffled) for run in done.runs]
    shuffles: Shuffles = parts[0].shuffles
    groups = [list(range(len(runs)))] if together else [[place] for place in range(len(runs))]

    def members(places: list[int]) -> PatientSet:
        def joined(parts: list[Array]) -> Array:
            return np.concatenate([parts[place] for place in places])

        return PatientSet(
            values=lambda task: joined([run.part(Harmonized).u[shuffles.base[task]] for run in runs]),
            source=lambda task: int(shuffles.base[task]),
            outcome=lambda fit: joined([part.labels[shuffles.fits[fit].shuffle] for part in parts]),
            trains=lambda fit: joined([run.trains(shuffles.fits[fit]) for run in runs]),
        )

    def made(places: list[int]):  # type: ignore[no-untyped-def]
        def make(learned: Learned) -> PatientSet:
            del learned
            return members(places)

        return make

    width = len(runs[0].table.features)
    trained = TrainedInMemory(done.study, shuffles.fits, [made(places) for places in groups], width)

    def risks(shuffle: int, fold: int) -> list[Array]:
        own = [trained.risks(place, shuffle * FOLDS + fold) for place in range(len(groups))]
        ends = np.cumsum([len(run.table.y) for run in runs])[:-1]
        return np.split(np.concatenate(own), ends)

    return within_sites(done, risks)


def within_sites(done: Finished, risks) -> Array:  # type: ignore[no-untyped-def]
    """AUC, or concordance, within sites of what a shuffle's model of a fold predicts of the patients of the sites."""
    found = []
    for shuffle in range(SHUFFLES):
        of_folds, right, pairs = [risks(shuffle, fold) for fold in range(FOLDS)], 0.0, 0
        for place, run in enumerate(done.runs):
            labels = run.part(Shuffled).labels[shuffle]
            score = np.choose(run.folds[0], [one[place][:, -1] for one in of_folds])
            here = int((labels[:, None] > labels).sum())
            # Somers' D of scores given labels leaves pairs of equal labels aside; of two classes it is 2 AUC - 1
            d = somersd(labels, score).statistic
            assert d is not None
            right, pairs = right + (1 + d) / 2 * here, pairs + here
        found.append(right / pairs)
    return np.array(found)


def test_every_shuffle_is_what_the_same_permutations_give_without_exchanges(done: tuple[str, Finished]) -> None:
    name, finished = done
    chance = finished.result.chance
    assert chance is not None
    assert chance.shuffles == SHUFFLES
    expected = anew(finished, together=name in TOGETHER)
    np.testing.assert_allclose(chance.aucs, np.sort(expected), rtol=0, atol=1e-12)
    assert len(set(chance.aucs)) == SHUFFLES
    assert chance.p_value == (1 + (expected >= chance.auc - 1e-12).sum()) / (1 + SHUFFLES)


def test_the_forest_of_a_shuffle_is_scikit_learns_at_each_site(tmp_path: Path) -> None:
    done = shuffled(tmp_path, model={"kind": "forest", "trees": 5, "least_patients": 5})
    parts, model = [run.part(Shuffled) for run in done.runs], done.study.model

    def risks(shuffle: int, fold: int) -> list[Array]:
        task, forests = shuffle * FOLDS + fold, []
        for part in parts:
            design, y = part.rows(task)
            seed = int(part.context().random(task).integers(2**31))
            forest = RandomForestClassifier(
                model.trees, max_depth=model.depth, min_samples_leaf=model.least_patients, random_state=seed
            )
            forests.append(forest.fit(normal_bins(design[:, 1:], model.bins), y))
        binned = [normal_bins(part.designs(task)[:, 1:], model.bins) for part in parts]
        return [np.mean([one.predict_proba(own) for one in forests], axis=0) for own in binned]

    assert done.result.chance is not None
    np.testing.assert_allclose(done.result.chance.aucs, np.sort(within_sites(done, risks)), rtol=0, atol=1e-12)
