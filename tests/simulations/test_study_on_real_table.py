"""The whole study on real data, held against neuroCombat and scikit-learn on the pooled table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from neuroCombat import neuroCombat
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from client.approval import approval
from client.approval.approval import Approved
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.site.site_file import Site
from server.conduct import conduct
from shared.results.result import Result
from shared.study import study as study_file
from shared.study.plan import Fold, View
from shared.study.study import Study
from simulations.on_ray import simulate_on_ray
from simulations.simulate import simulate

pytestmark = pytest.mark.real

STUDIES = study_file.READY_MADE


@pytest.fixture(scope="module")
def study() -> Study:
    return study_file.load(STUDIES / "ispy1-radiomics.yaml")


def approved(site: Site, study: Study) -> Approved:
    approved = approval.latest(site.workspace, study.digest)
    assert approved is not None
    return approved


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The coordinator's."""
    return tmp_path_factory.mktemp("coordinator")


@pytest.fixture(scope="module")
def finished(study: Study, ispy1_sites: list[Site], folder: Path) -> tuple[Result, list[Run]]:
    """A result, and each site's own view of the run, read back from its disk."""
    result = simulate(study, ispy1_sites, folder)
    return result, [Run(site, approved(site, study), "simulation") for site in ispy1_sites]


def pooled_combat(runs: list[Run], rows: list[np.ndarray]) -> np.ndarray:
    """Harmonize the given patients of all sites by neuroCombat, as one table."""
    data = np.concatenate([run.table.x[chosen] for run, chosen in zip(runs, rows, strict=True)]).T
    covariates = pd.DataFrame(
        {
            "batch": np.concatenate([run.batch[chosen] for run, chosen in zip(runs, rows, strict=True)]),
            "age": np.concatenate(
                [run.table.covariates["age"][chosen] for run, chosen in zip(runs, rows, strict=True)]
            ),
        }
    )
    out = neuroCombat(dat=data, covars=covariates, batch_col="batch", continuous_cols=["age"])
    return out["data"].T


def test_every_fold_equals_neurocombat_and_scikit_learn_on_the_pooled_table(
    study: Study, finished: tuple[Result, list[Run]]
) -> None:
    result, runs = finished
    assert result.model.training.converged
    trained = runs[0].part(Learning).learned.trainer(result.model.training.iterations).coefficients[:, 0]
    for index, fit in enumerate(runs[0].fits):
        rows = [run.trains(fit) for run in runs]
        harmonized = pooled_combat(runs, rows)
        consensus = runs[0].part(Harmonized).consensus.fit(index)
        sd = np.sqrt(consensus.variance)
        ours = np.concatenate([run.part(Harmonized).u[index][chosen] for run, chosen in zip(runs, rows, strict=True)])
        np.testing.assert_allclose(ours * sd + consensus.alpha, harmonized, rtol=0, atol=1e-9 * sd.max())
        assert (np.abs(ours * sd + consensus.alpha - harmonized) <= 1e-9 * sd).all()

        labels = np.concatenate([run.table.y[chosen] for run, chosen in zip(runs, rows, strict=True)])
        reference = LogisticRegression(C=study.model.c, solver="newton-cholesky", tol=1e-12, max_iter=200)
        reference.fit(StandardScaler().fit_transform(harmonized), labels)
        expected = np.concatenate([reference.intercept_, reference.coef_[0]])
        coefficients = trained[index]
        assert np.abs(coefficients - expected).max() <= 1e-9 * np.abs(expected).max()


def test_auc_of_each_site_is_that_of_its_own_out_of_fold_scores(finished: tuple[Result, list[Run]]) -> None:
    result, runs = finished
    trained = runs[0].part(Learning).learned.trainer(result.model.training.iterations).coefficients[:, 0]
    evaluation = next(
        view_evaluation for view_evaluation in result.evaluations if view_evaluation.view is View.CROSS_VALIDATION
    )
    assert len(evaluation.sites) == 4
    for run, measured in zip(runs, evaluation.sites, strict=True):
        scores = np.empty(len(run.table.y))
        for index, fit in enumerate(run.fits):
            if isinstance(fit.left_out, Fold):
                rows = run.folds[0] == fit.left_out.number
                scores[rows] = expit(run.part(Learning).designs(index)[rows] @ trained[index])
        assert measured.site == run.site.name
        assert measured.auc == pytest.approx(roc_auc_score(run.table.y, scores), abs=1e-12)


def test_masks_change_no_digit(
    study: Study, finished: tuple[Result, list[Run]], ispy1_sites: list[Site], tmp_path: Path
) -> None:
    masked, _ = finished
    bare = study.model_copy(update={"privacy": study.privacy.model_copy(update={"masked": False})})
    unmasked = simulate(bare, ispy1_sites, tmp_path / "bare", run="bare")
    assert unmasked.model == masked.model
    assert unmasked.evaluations == masked.evaluations


def test_a_run_resumed_from_its_journal_asks_nothing_twice(
    study: Study, finished: tuple[Result, list[Run]], ispy1_sites: list[Site], folder: Path
) -> None:
    first, _ = finished
    journal = folder / "journal"
    (journal / "finish.npz").unlink()
    kept = {path.name: path.stat().st_mtime_ns for path in journal.iterdir()}
    again = simulate(study, ispy1_sites, folder)
    assert again.fingerprint == first.fingerprint
    assert {name: (journal / name).stat().st_mtime_ns for name in kept} == kept


@pytest.mark.processes
def test_ray_gives_the_same_result_on_real_data(
    study: Study, finished: tuple[Result, list[Run]], ispy1_sites: list[Site], tmp_path: Path
) -> None:
    import ray

    elsewhere = [site.model_copy(update={"workspace": tmp_path / site.name}) for site in ispy1_sites]
    try:
        result = simulate_on_ray(study, elsewhere, tmp_path / "coordinator", conduct, cpus_per_site=0.5)
    finally:
        ray.shutdown()
    assert result.fingerprint == finished[0].fingerprint
