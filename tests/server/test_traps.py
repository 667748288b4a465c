"""Data that set traps for models, each through the exchanges of a whole study."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from client.exchange.state.predictions import Judgement
from server.report import render
from server.report.findings import findings
from shared.errors import Code, MrfedError
from shared.study.plan import Arm, Fold, View
from tests.study_of_tables import Finished, settle, study, tables
from tests.validation.learning_equality import CASES

pytestmark = pytest.mark.slow
NO_FEATURE = {"false_discovery_rate": 1e-60}


def run(folder: Path, of_sites: dict[str, pd.DataFrame], kind: str, model: dict | None = None, **changes) -> Finished:  # type: ignore[no-untyped-def, type-arg]
    asked = study(2, **{"model": {"kind": kind, **(model or {})}, "training": {"tolerance": 1e-12}, **changes})
    return Finished.run(asked, settle(folder, of_sites), folder)


@pytest.mark.parametrize(("kind", "model"), [("logistic", {"c": 100.0}), ("boosting", {"trees": 4, "depth": 1})])
def test_perfect_separation_ends_at_an_optimum_and_raises_suspicion(kind: str, model: dict, tmp_path: Path) -> None:  # type: ignore[type-arg]
    sites = tables(2)
    for table in sites.values():
        table["f3"] = np.where(table["grade"] == 1, 5.0, -5.0) + table["f3"] / 20
    done = run(tmp_path, sites, kind, model)
    assert done.result.model.training.converged
    for one in done.result.evaluations:
        assert one.stratified.auc == 1.0
        assert [site.auc for site in one.sites] == [1.0] * 3
    if kind == "logistic":
        for task in done.tasks:
            z, y = done.pooled(task)
            design, at = np.concatenate([np.ones((len(z), 1)), z], axis=1), done.trainer.coefficients[task, 0]
            slope = ((expit(design @ at) - y) @ design + np.array([0.0, *at[1:]]) / model["c"]) / len(y)
            assert np.abs(slope).max() <= 1e-8
    assert any("look for the leak" in one for one in findings(done.result))
    assert "look for the leak" in render(done.result)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("boosting", {"trees": 3, "depth": 1}),
        ("forest", {"trees": 3, "depth": 1}),
        ("qda", {"shrinkage": 0.1}),
        ("pca", {"components": 3}),
    ],
)
def test_a_fit_whose_training_patients_are_of_one_class_has_no_model_and_judges_nobody(
    kind: str,
    model: dict,  # type: ignore[type-arg]
    tmp_path: Path,
) -> None:
    sites = tables(2)
    sites["alpha"]["grade"] = sites["beta"]["grade"] = 0  # one-class sites; without gamma, a one-class fit
    done = run(tmp_path, sites, kind, model)
    assert done.result.model.training.unusable == ("without-gamma",)
    cross, left_out = (
        next(one for one in done.result.evaluations if one.view is view)
        for view in (View.CROSS_VALIDATION, View.LEFT_OUT_SITE)
    )
    assert cross.pooled.patients == 240
    assert [one.auc is not None for one in cross.sites] == [False, False, True]
    assert left_out.pooled.patients == 150  # alpha and beta; gamma's model does not exist
    assert all(one.auc is None for one in left_out.sites)
    assert render(done.result)


def test_fewer_patients_than_features(tmp_path: Path) -> None:
    sites = {}
    for number, (name, table) in enumerate(tables(2).items()):
        more = np.random.default_rng(number).normal(size=(13, 60))
        sites[name] = table.head(13).join(pd.DataFrame(more, columns=[f"fx{one}" for one in range(60)]))
    ridge = run(tmp_path / "ridge", sites, "logistic", {"c": 0.01})
    shrunk = run(tmp_path / "shrunk", sites, "lda", {"shrinkage": 0.3})
    for task in ridge.tasks:
        z, y = ridge.pooled(task)
        assert z.shape[1] == 67 > len(y)
        reference = LogisticRegression(C=0.01, solver="newton-cg", tol=1e-12, max_iter=1000).fit(z, y)
        np.testing.assert_allclose(ridge.trainer.coefficients[task, 0, 1:], reference.coef_[0], atol=1e-8)
        discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(z, y)
        np.testing.assert_allclose(shrunk.risks(task, z), discriminant.predict_proba(z), atol=1e-8)
    with pytest.raises(MrfedError, match=r"settle no model of kind: lda; .*model\.shrinkage") as caught:
        run(tmp_path / "singular", sites, "lda")
    assert caught.value.code is Code.DATA_INCONSISTENT


@pytest.mark.parametrize("kind", ["logistic", "pca", "boosting", "forest", "xgboost", "lda", "qda"])
def test_where_all_features_are_dropped_everybody_has_the_frequency_of_the_class(kind: str, tmp_path: Path) -> None:
    grows = kind in ("boosting", "forest", "xgboost")
    done = run(
        tmp_path,
        tables(2),
        kind,
        {"trees": 2, "depth": 1} if grows else None,
        selection=NO_FEATURE,
        evaluation={"folds": 2, "resamples": 0, "leave_one_site_out": False},
    )
    assert done.result.model.coefficients == ()
    [empty] = [sentence for sentence in findings(done.result) if "The model is empty" in sentence]
    assert ("no tree splits" in empty) == grows
    assert not any(one.entered for one in done.result.model.candidates)
    assert done.result.model.training.unusable == ()
    [evaluation] = done.result.evaluations
    # not one half exactly: a fold with a patient more of a class leaves one less to train
    assert evaluation.stratified.auc == pytest.approx(0.5, abs=0.02)
    for task in done.tasks:
        _, y = done.pooled(task)
        risks = done.risks(task, np.zeros((1, done.learned.selected.shape[1])))
        # a forest has the mean of the sites' frequencies
        expected = np.mean([own.mean() for _, own in done.rows(task)]) if kind == "forest" else y.mean()
        assert risks[0, 1] == pytest.approx(expected, abs=1e-9)
    assert render(done.result)


def test_ties_in_scores_count_one_half_at_every_site(tmp_path: Path) -> None:
    sites = tables(2)
    for table in sites.values():
        table[[f"f{one}" for one in range(1, 7)]] = 1.0
        table["f0"] = (table["f0"] > table["f0"].mean()).astype(float)
    done = run(tmp_path, sites, "boosting", {"trees": 3, "depth": 2}, harmonization={"method": "none"})
    cross = next(one for one in done.result.evaluations if one.view is View.CROSS_VALIDATION)
    for one, shown in zip(done.runs, cross.sites, strict=True):
        seen, risks = one.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, 0)
        assert seen.all()
        assert len(np.unique(risks[:, 1])) <= 4
        assert shown.auc == pytest.approx(roc_auc_score(one.table.y, risks[:, 1]), abs=1e-12)


@pytest.mark.parametrize("kind", ["logistic", "forest"])
def test_a_site_of_three_patients(kind: str, tmp_path: Path) -> None:
    sites = tables(2)
    sites["beta"] = sites["beta"].head(3).assign(grade=[0, 1, 0])
    done = run(
        tmp_path,
        sites,
        kind,
        {"trees": 5, "least_patients": 5} if kind == "forest" else None,
        harmonization={"method": "none"},
    )
    assert done.result.model.training.unusable == ()
    cross = next(one for one in done.result.evaluations if one.view is View.CROSS_VALIDATION)
    assert [one.auc is not None for one in cross.sites] == [True, False, True]  # two of a class are shown at least
    assert cross.pooled.patients == 163
    assert not any("The model is empty" in sentence for sentence in findings(done.result))
    if kind == "forest":  # which grows nothing where no leaf has enough patients
        told = done.runs[0].told("ensemble-0")["trees"]
        assert not told[:, 5:10].any()
        assert told[0, :5].any()


def test_a_site_too_small_to_be_harmonized_takes_no_part_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sites = tables(2) | {"delta": tables(2)["beta"].head(3).assign(grade=[0, 1, 0])}
    federation = {"sites": tuple(sites), "quorum": 3, "deadline_s": 60}
    done = run(tmp_path, sites, "logistic", federation=federation)
    assert done.result.deviations == ("site delta took no part (too-few-patients)",)
    assert "its batch delta has 1 patient to be harmonized by without fold 1" in caplog.text
    mean_only = {"method": "combat", "left_out_site": "transductive", "mean_only": True}
    done = run(tmp_path / "mean", sites, "logistic", federation=federation, harmonization=mean_only)
    assert [one.patients for one in done.result.participants] == [70, 80, 90, 3]


@pytest.mark.parametrize("evaluation", [{}, {"leave_one_site_out": False, "external_sites": ("beta",)}])
@pytest.mark.parametrize(("only", "why"), [("surgical", "surgical: the same"), ("peri", "pre: .* nobody has the")])
def test_a_category_that_only_a_left_out_site_has_stops_the_study_and_says_which(
    only: str, why: str, evaluation: dict[str, object], tmp_path: Path
) -> None:
    sites = tables(2)
    for name, table in sites.items():
        table["menopause"] = np.where(np.arange(len(table)) % 3 == 0, only if name == "beta" else "pre", "post")
    covariate = {"column": "menopause", "kind": "categorical"}
    section = {"method": "combat", "left_out_site": "transductive", "covariates": [covariate]}
    whom = "external sites \\(beta\\)" if evaluation else "site beta"
    with pytest.raises(MrfedError, match=f"harmonize: .* batches without {whom}: menopause={why}"):
        run(tmp_path, sites, "logistic", harmonization=section, evaluation={"folds": 2, "resamples": 0, **evaluation})


def test_sites_that_lack_different_features(tmp_path: Path) -> None:
    sites = tables(2)
    sites["alpha"]["f1"] = sites["beta"]["f2"] = np.nan
    sites["gamma"].loc[:30, "f4"] = np.nan
    section = {"method": "combat", "left_out_site": "transductive", "missing": "impute"}
    done = run(tmp_path, sites, "logistic", {"c": 0.3}, harmonization=section)
    assert [one.patients for one in done.result.participants] == [70, 80, 90]
    for quantity, difference, tolerance in CASES["logistic"].compare(done):
        assert difference <= tolerance, quantity
    z, _ = done.pooled(0)
    for name, lacking in {"f1": 70, "f2": 80, "f4": 31, "f0": 0}.items():
        column = z[:, [one.feature for one in done.result.model.coefficients].index(name)]
        assert (column == 0).sum() == lacking  # they have the mean of those who have it
        assert column.mean() == pytest.approx(0, abs=1e-9)


def test_repeated_folds_give_the_spread_over_repetitions(tmp_path: Path) -> None:
    evaluation = {"folds": 3, "repeats": 3, "resamples": 0, "leave_one_site_out": False}
    done = run(tmp_path, tables(2), "lda", {"shrinkage": 0.1}, evaluation=evaluation)
    assert [fit.name for fit in done.runs[0].fits][3:6] == ["fold-3", "repeat-2-fold-1", "repeat-2-fold-2"]
    aucs = []
    for repeat in range(3):
        u = pairs = 0.0
        for one in done.runs:
            folds = one.folds[repeat]
            assert sorted(set(folds)) == [0, 1, 2]
            seen, risks = one.part(Judgement).evaluated(Arm.MODEL, View.CROSS_VALIDATION, repeat)
            assert seen.all()
            positive, negative = (one.table.y == 1).sum(), (one.table.y == 0).sum()
            u += roc_auc_score(one.table.y, risks[:, 1]) * positive * negative
            pairs += positive * negative
            # she is scored by the model of the fold that left her out in this repetition
            fit = next(i for i, f in enumerate(one.fits) if f.left_out == Fold(folds[0], repeat))
            np.testing.assert_allclose(risks[0], one.part(Judgement).risks(Arm.MODEL, fit)[0])
            assert not one.trains(one.fits[fit])[0]
        aucs.append(u / pairs)
    assert len(np.unique(np.stack([done.runs[0].folds[0], done.runs[0].folds[1]]), axis=0)) == 2
    [line] = [one for one in done.result.comparisons if one.arm is Arm.MODEL]
    assert line.auc == pytest.approx(np.mean(aucs), abs=1e-9)
    assert line.spread == pytest.approx(np.std(aucs, ddof=1), abs=1e-9)
    assert line.spread > 0
    assert "over repetitions with folds drawn anew" in render(done.result)
