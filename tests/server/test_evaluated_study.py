"""A study of three synthetic sites with everything that it is held against: each site alone, and shuffled labels."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.exchange.state.permuted import Shuffled
from client.site.site_file import Columns, Data, Site
from shared.results.result import Result
from shared.sections.comparators import Comparators
from shared.sections.selection import Univariate
from shared.study.plan import Arm, View
from shared.study.study import Study
from simulations.simulate import simulate
from tests.conftest import table_of

SHUFFLES, KEEP, C = 9, 3, 0.5
NAMES = ("alpha", "beta", "gamma")


@dataclass
class Finished:
    result: Result
    runs: list[Run]
    study: Study


@pytest.fixture(scope="module")
def plan() -> Study:
    return Study.model_validate(
        {
            "name": "evaluated",
            "title": "Three synthetic sites",
            "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
            "governance": {"ethics": "none needed", "data_use": "synthetic", "expires": "2099-12-31"},
            "harmonization": {"covariates": [{"column": "age", "kind": "continuous"}], "own_patients": 4},
            "selection": Univariate(keep=KEEP),
            "model": {"c": C},
            "evaluation": {"folds": 3, "permutations": SHUFFLES},
            "comparators": Comparators(margin=0.05),
            "privacy": {"site_sums": "derivable", "minimum_patients": 4},
            "federation": {"sites": NAMES, "quorum": 2, "deadline_s": 5},
        }
    )


@pytest.fixture(scope="module")
def finished(plan: Study, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder, sites = tmp_path_factory.mktemp("evaluated"), []
    for seed, name in enumerate(NAMES):
        (folder / name).mkdir()
        table = table_of(name, 24 + 6 * seed, seed)
        table.assign(scanner="Siemens Skyra 3 T" if seed else "GE Signa 1.5 T").to_csv(folder / name / "t.csv")
        columns = Columns(ihc="ihc", ish="ish", scanner="scanner")
        data = Data(features=folder / name / "t.csv")
        sites.append(Site(name=name, data=data, columns=columns, feature_columns="f", workspace=folder / name / "w"))
    result = simulate(plan, sites, folder / "coordinator")
    found = [approval.latest(site.workspace, plan.digest) for site in sites]
    runs = [Run(site, one, "simulation") for site, one in zip(sites, found, strict=True) if one is not None]
    return Finished(result, runs, plan)


def trained(u: np.ndarray, y: np.ndarray) -> tuple[StandardScaler, np.ndarray, LogisticRegression]:
    """The three features of largest F, and scikit-learn's model of them."""
    first, second = u[y == 0], u[y == 1]
    within = first.var(axis=0) * len(first) + second.var(axis=0) * len(second)
    strength = (first.mean(axis=0) - second.mean(axis=0)) ** 2 / within
    kept = np.sort(np.argsort(-strength)[:KEEP])
    scale = StandardScaler().fit(u[:, kept])
    return scale, kept, LogisticRegression(C=C, tol=1e-12, max_iter=500).fit(scale.transform(u[:, kept]), y)


def scored(model: tuple[StandardScaler, np.ndarray, LogisticRegression], u: np.ndarray) -> np.ndarray:
    scale, kept, fitted = model
    return fitted.decision_function(scale.transform(u[:, kept]))


def out_of_fold(u: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
    scores = np.empty(len(y))
    for fold in range(3):
        scores[folds == fold] = scored(trained(u[folds != fold], y[folds != fold]), u[folds == fold])
    return scores


@pytest.mark.slow
def test_each_site_alone_is_what_scikit_learn_makes_of_its_own_patients(finished: Finished) -> None:
    right, pairs = 0.0, 0
    for run in finished.runs:
        u, y = run.part(Harmonized).raw[0], run.table.y
        auc = roc_auc_score(y, out_of_fold(u, y, run.folds[0]))
        at_home = next(one for one in finished.result.transfers if one.train == one.test == run.site.name)
        assert at_home.auc == pytest.approx(auc, abs=1e-12)
        right += auc * at_home.pairs
        pairs += at_home.pairs
    alone = [one for one in finished.result.comparisons if one.arm is Arm.ALONE]
    assert [one.view for one in alone] == [View.CROSS_VALIDATION]
    assert alone[0].auc == pytest.approx(right / pairs, abs=1e-12)


def test_a_model_of_one_site_ranks_the_patients_of_another_as_there(finished: Finished) -> None:
    cells = {(one.train, one.test): one for one in finished.result.transfers}
    assert set(cells) == {(a, b) for a in NAMES for b in NAMES}
    for train in finished.runs:
        model = trained(train.part(Harmonized).raw[0], train.table.y)
        for test in finished.runs:
            if train is not test:
                cell = cells[(train.site.name, test.site.name)]
                expected = roc_auc_score(test.table.y, scored(model, test.part(Harmonized).raw[0]))
                assert cell.auc == pytest.approx(expected, abs=1e-12)
                assert cell.interval is not None
                assert cell.interval.low < cell.auc < cell.interval.high


def test_every_shuffle_is_what_scikit_learn_makes_of_the_shuffled_labels(finished: Finished) -> None:
    chance = finished.result.chance
    assert chance is not None
    labels = [run.part(Shuffled).labels for run in finished.runs]
    expected = []
    for shuffle in range(SHUFFLES):
        right, pairs = 0.0, 0
        scores = [np.empty(len(run.table.y)) for run in finished.runs]
        for index in range(1, 4):
            trains = [run.trains(run.fits[index]) for run in finished.runs]
            u = [run.part(Harmonized).u[index] for run in finished.runs]
            pooled = np.concatenate([one[rows] for one, rows in zip(u, trains, strict=True)])
            y = np.concatenate([one[shuffle][rows] for one, rows in zip(labels, trains, strict=True)])
            model = trained(pooled, y)
            for own, rows, found in zip(u, trains, scores, strict=True):
                found[~rows] = scored(model, own[~rows])
        for own, found in zip(labels, scores, strict=True):
            here = int(own[shuffle].sum() * (1 - own[shuffle]).sum())
            right += roc_auc_score(own[shuffle], found) * here
            pairs += here
        expected.append(right / pairs)
    np.testing.assert_allclose(chance.aucs, np.sort(expected), rtol=0, atol=1e-12)
    observed = next(one for one in finished.result.comparisons if one.arm is Arm.MODEL)
    assert chance.auc == pytest.approx(observed.auc, abs=1e-12)
    assert chance.p_value == (1 + sum(one >= observed.auc for one in expected)) / (1 + SHUFFLES)
    assert chance.converged


def test_shuffled_labels_keep_the_classes_of_every_fold_at_every_site(finished: Finished) -> None:
    for run in finished.runs:
        labels = run.part(Shuffled).labels
        assert (labels != run.table.y).any(axis=1).all()
        for fold in range(3):
            rows = run.folds[0] == fold
            assert (labels[:, rows].sum(axis=1) == run.table.y[rows].sum()).all()


def test_calls_of_all_sites_and_makes_add_up_to_the_patients(finished: Finished) -> None:
    for calls in finished.result.class_calls:
        patients = np.array(calls.matrix).sum(axis=1)
        assert sum(np.array(one.patients) for one in calls.sites).tolist() == patients.tolist()
        assert [one.where for one in calls.vendors] == ["Siemens", "GE"]
        assert sum(np.array(one.patients) for one in calls.vendors).tolist() == patients.tolist()
    called = next(one.called for one in finished.result.comparisons if one.arm is Arm.MODEL)
    (negatives, false_positives), (false_negatives, positives) = finished.result.class_calls[0].matrix
    assert (called.true_negatives, called.false_positives) == (negatives, false_positives)
    assert (called.false_negatives, called.true_positives) == (false_negatives, positives)


def test_the_difference_from_a_baseline_has_a_paired_interval(finished: Finished) -> None:
    for one in finished.result.comparisons:
        if one.arm in (Arm.UNHARMONIZED, Arm.ALONE):
            assert one.difference_interval is not None
            assert one.difference_interval.low <= one.difference <= one.difference_interval.high


def test_the_model_explains_itself_as_from_the_pooled_table(finished: Finished) -> None:
    u = np.concatenate([run.part(Harmonized).u[0] for run in finished.runs])
    y = np.concatenate([run.table.y for run in finished.runs])
    scale, kept, fitted = trained(u, y)
    z, weights = scale.transform(u[:, kept]), fitted.coef_[0]
    found = {one.feature: one for one in finished.result.explained}
    assert set(found) == {f"f{one}" for one in kept}
    sizes = [abs(one.weight) for one in finished.result.explained]
    assert sizes == sorted(sizes, reverse=True)
    for place, feature in enumerate(kept):
        one, moves = found[f"f{feature}"], z[:, place] * weights[place]
        assert one.weight == pytest.approx(weights[place], abs=1e-9)
        assert one.attribution == pytest.approx(np.abs(moves).mean(), abs=1e-9)
        edges = np.concatenate([[-np.inf], one.moves[1:-1], [np.inf]])
        assert list(one.moved) == np.histogram(moves, edges)[0].tolist()
        for setting, risk in zip(one.settings, one.dependence[1], strict=True):
            held = z.copy()
            held[:, place] = setting
            assert risk == pytest.approx(fitted.predict_proba(held)[:, 1].mean(), abs=1e-9)
        assert one.importance is not None


def test_a_feature_that_no_fold_uses_costs_nothing_where_it_is_exchanged(finished: Finished) -> None:
    used = {int(one) for one in finished.runs[0].part(Learning).learned.selected[1:4].ravel()}
    for one in finished.result.explained:
        if int(one.feature[1:]) not in used:
            assert one.importance == 0
        else:
            assert one.importance != 0
