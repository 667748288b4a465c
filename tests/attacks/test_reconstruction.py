"""A patient's row of features, from everything that the coordinator sees of a whole study."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.harmonized import Harmonized
from client.exchange.state.learning import Learning
from client.site.site_file import Site
from server.conduct import conduct
from server.federation import Federation
from server.journal import Journal
from shared.arrays import unpack_symmetric
from shared.errors import Code, MrfedError
from shared.privacy.policy import Policy
from shared.sections.harmonization import Harmonization, Method
from shared.sections.learning import Evaluation
from shared.sections.privacy import Privacy, SiteSums
from shared.study.study import Study
from simulations.in_process import InProcessGrid
from simulations.ownership import POLICY, approve_everywhere, coordinator_key
from tests.conftest import table_of

pytestmark = [pytest.mark.attack, pytest.mark.slow]

Settle = Callable[[dict[str, pd.DataFrame]], list[Site]]
MODES = [SiteSums.HIDDEN, SiteSums.DERIVABLE]


@dataclass(frozen=True)
class Seen:
    """A finished study: the coordinator's journal, and the sites' own views, which the attacker does not have."""

    journal: Journal
    runs: list[Run]


def conducted(study: Study, sites: list[Site], folder: Path, policy: Policy) -> Seen:
    key, journal = coordinator_key(folder), Journal(folder / "journal")
    approve_everywhere(study, sites, key, policy)
    grid = InProcessGrid(sites)
    conduct(Federation(grid, study, "run", journal, key, grid.nodes))
    approved = [approval.latest(site.workspace, study.digest) for site in sites]
    return Seen(
        journal,
        [
            Run(site, approved_study, "run")
            for site, approved_study in zip(sites, approved, strict=True)
            if approved_study
        ],
    )


def in_mode(study: Study, mode: SiteSums) -> Study:
    return study.model_copy(
        update={
            "privacy": Privacy(site_sums=mode, minimum_patients=4),
            "evaluation": Evaluation(folds=3, leave_one_site_out=mode is SiteSums.DERIVABLE),
        }
    )


def rows_from_two_hessians(first: np.ndarray, second: np.ndarray, patients: int) -> np.ndarray:
    """Rows z of Z from Z'Z / 4 and Z'WZ, up to their order: generalized eigenvectors, and 1 as the intercept's."""
    values, vectors = np.linalg.eigh(4 * first)
    root = vectors[:, -patients:] * np.sqrt(values[-patients:])
    inverse = np.linalg.pinv(root)
    _, rotation = np.linalg.eigh(inverse @ second @ inverse.T)
    rows = (root @ rotation).T
    return rows / rows[:, :1]


def products_of(seen: Seen) -> np.ndarray:
    """(fits, p, p) sums of squares of the fits' rows, with the intercept's."""
    moments, products = seen.journal.find("moments"), seen.journal.find("gram")
    assert moments is not None
    assert products is not None
    squares = unpack_symmetric(products.totals["products"])
    whole = np.zeros((len(squares), squares.shape[1] + 1, squares.shape[1] + 1))
    whole[:, 0, 0], whole[:, 1:, 1:] = moments.totals["class_totals"].sum(axis=1), squares
    return whole


def hessians_of(seen: Seen, step: str) -> np.ndarray:
    """(fits, p, p) what an exchange of training brought while no fit had ended."""
    exchange = seen.journal.find(step)
    assert exchange is not None
    return unpack_symmetric(exchange.totals["curvature"].reshape(len(exchange.totals["loss"]), -1))


@pytest.mark.parametrize("mode", MODES)
def test_two_hessians_of_more_coefficients_than_patients(
    mode: SiteSums, study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Ten patients a site and forty features: the pooled Hessians determine all thirty rows."""
    tables = {name: table_of(name, 10, seed, features=40) for seed, name in enumerate(("alpha", "beta", "gamma"))}
    wide, sites = in_mode(study, mode), settle(tables)
    seen = conducted(wide, sites, tmp_path, POLICY)
    second = hessians_of(seen, "train-0")[0]
    solution = rows_from_two_hessians(products_of(seen)[0] / 4, second, patients=30)
    true = seen.runs[2].part(Learning).designs(0)
    worst = max(min(np.abs(row - guess).max() for guess in solution) for row in true)
    assert worst < 1e-4

    with pytest.raises(MrfedError, match="gram") as caught:
        conducted(wide, sites, tmp_path / "defended", Policy(minimum_patients=1, minimum_sites=1, reason="a test"))
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    gained(
        f"Eigenvectors of two Hessians, 41 coefficients, 30 patients ({mode})",
        f"all 40 features of every patient, largest error {worst:.0e}",
        "sites ask for two patients a coefficient; refused before the first Hessian",
    )


@pytest.mark.parametrize("mode", MODES)
def test_least_squares_over_all_totals_at_a_site_of_ten_patients(
    mode: SiteSums, study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """The attacker even knows which patient is in which sum; only her row is unknown."""
    tables = {
        name: table_of(name, n, seed) for seed, (name, n) in enumerate([("alpha", 30), ("beta", 30), ("gamma", 10)])
    }
    narrow = in_mode(study, mode)
    seen = conducted(narrow, settle(tables), tmp_path, POLICY)
    x = np.concatenate([run.table.x for run in seen.runs])
    members = np.concatenate([np.stack([run.trains(fit) for fit in run.fits]) for run in seen.runs], axis=1).astype(
        float
    )
    harmonize = seen.journal.find("harmonize")
    assert harmonize is not None
    np.testing.assert_allclose(members @ x, harmonize.totals["sum_x"], rtol=1e-12)
    guess = np.linalg.lstsq(members, harmonize.totals["sum_x"], rcond=None)[0]
    gamma = slice(60, 70)
    spread = np.linalg.norm(x[gamma] - x[gamma].mean(axis=0), axis=1)
    error = np.linalg.norm(guess - x, axis=1)[gamma] / spread

    # Without groups of a least size: one fold a patient, and the totals of the site alone.
    single = np.eye(10)
    alone = np.concatenate([np.ones((1, 10)), 1 - single])
    exact = np.linalg.lstsq(alone, alone @ x[gamma], rcond=None)[0]
    np.testing.assert_allclose(exact, x[gamma], atol=1e-9)
    # A mean is all that totals give: nobody's row is nearer than the mean of a group is to its members.
    assert error.min() > 0.5
    gained(
        f"Least squares over all totals, site of ten patients ({mode})",
        "one fold a patient at one site: every row, exactly",
        f"best row off by {error.min():.2f} of its distance from the site's mean",
    )


def rows_from_the_span(hessians: np.ndarray, patients: int) -> np.ndarray:
    """Rows z whose squares zz' lie in the span of all Hessians, found by the power method on that subspace.

    As many independent weightings as patients span exactly the squares of the patients' rows; these are the only
    matrices of rank one in it (Kileel and Pereira, arXiv:1912.04007).
    """
    i, j = np.triu_indices(hessians.shape[-1])
    root = np.where(i == j, 1.0, np.sqrt(2.0))
    flat = hessians[:, i, j] * root
    basis = np.linalg.svd(flat / np.linalg.norm(flat, axis=1, keepdims=True), full_matrices=False)[2][:patients]
    z = np.random.default_rng(0).normal(size=(250, hessians.shape[-1]))
    for _ in range(1500):
        z /= np.linalg.norm(z, axis=1, keepdims=True)
        inside = (z[:, i] * z[:, j] * root) @ basis.T @ basis
        square = np.zeros((*z.shape, z.shape[1]))
        square[:, i, j] = square[:, j, i] = inside / root
        z = np.einsum("sij,sj->si", square, z)
    z = z[np.linalg.norm(inside, axis=1) > 1 - 1e-8]
    rows: np.ndarray = z / z[:, :1]
    return rows


def in_one_scale(run: Run, hessians: np.ndarray) -> np.ndarray:
    """Hessians of all fits in the units of the first: means and scales of the fits are functions of totals."""
    scale = np.sqrt(run.part(Harmonized).consensus.variance) * run.part(Learning).learned.standard.sd
    mean = (
        run.part(Harmonized).consensus.alpha
        + np.sqrt(run.part(Harmonized).consensus.variance) * run.part(Learning).learned.standard.mean
    )
    p = hessians.shape[-1]
    changed = []
    for fit, hessian in enumerate(hessians):
        to_first = np.zeros((p, p))
        to_first[0] = [1.0, *((mean[fit] - mean[0]) / scale[0])]
        to_first[1:, 1:] = np.diag(scale[fit] / scale[0])
        changed.append(to_first.T @ hessian @ to_first)
    return np.array(changed)


@pytest.mark.parametrize("mode", MODES)
def test_as_many_weightings_as_patients(
    mode: SiteSums, study: Study, settle: Settle, tmp_path: Path, gained: Callable[[str, str, str], None]
) -> None:
    """Thirty patients, nine coefficients: more than two patients a coefficient, and still every row."""
    tables = {name: table_of(name, 10, seed, features=8) for seed, name in enumerate(("alpha", "beta", "gamma"))}
    asked = in_mode(study, mode).model_copy(
        update={
            "harmonization": Harmonization(method=Method.NONE),
            "evaluation": Evaluation(folds=9, leave_one_site_out=mode is SiteSums.DERIVABLE),
        }
    )
    sites = settle(tables)
    seen = conducted(asked, sites, tmp_path, POLICY)
    steps = [f"train-{number}" for number in range(12) if seen.journal.find(f"train-{number}")]
    squares = [products_of(seen), *(hessians_of(seen, step) for step in steps)]
    # Fits that have converged are no longer asked about; only while all are, the rows of an exchange are the fits.
    squares = [square for square in squares if len(square) == len(seen.runs[0].fits)]
    hessians = np.concatenate([in_one_scale(seen.runs[0], square) for square in squares])
    true = np.concatenate([run.part(Learning).designs(0) for run in seen.runs])
    solution = rows_from_the_span(hessians, patients=30)
    distance = np.abs(solution[:, None] - true).max(axis=2)
    assert (distance.min(axis=0) < 1e-3).all()
    few = rows_from_the_span(hessians[: len(seen.runs[0].fits) * 2], patients=30)
    assert not len(few) or np.abs(few[:, None] - true).max(axis=2).min() > 0.1

    policy = Policy(minimum_patients=1, minimum_sites=1, reason="a test")
    with pytest.raises(MrfedError, match=r"train-|cross") as caught:
        conducted(asked, sites, tmp_path / "defended", policy)
    assert caught.value.code is Code.TOO_FEW_PATIENTS
    gained(
        f"Rank-one matrices in the span of all Hessians, 9 coefficients, 30 patients ({mode})",
        f"all 8 features of every patient, largest error {distance.min(axis=0).max():.0e}",
        "sites stop before the weightings (iterations x fits) are as many as the patients",
    )
