"""Features of real patients, many of which say nearly the same, chosen for a number: as scikit-learn on one table."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import f_regression
from sklearn.linear_model import lasso_path

from shared.arrays import Array, pack_symmetric
from shared.selection.correlation import correlations
from shared.selection.mrmr_correlation import LEAST_REDUNDANCY, most_relevant
from shared.selection.stability import PENALTIES, by_outcome, frequencies, path, stable
from shared.selection.univariate import f_of_outcome

pytestmark = pytest.mark.real
LISTED, MOST, BLOCKS = 40, 8, 5


@pytest.fixture(scope="module")
def patients(real_data: Callable[[str], Path]) -> tuple[Array, Array]:
    """The 40 of 370 features that correlate most with the age of 139 patients, and that age in half its range."""
    table = pd.read_csv(real_data("ispy1_radiomics") / "features.csv.gz")
    z = table.iloc[:, : table.columns.get_loc("ID")].to_numpy(dtype=float)
    z, y = (z - z.mean(axis=0)) / z.std(axis=0), (table["age"].to_numpy(dtype=float) - 59) / 41
    strongest = np.argsort(-f_regression(z, y)[0], kind="stable")[:LISTED]
    return z[:, np.sort(strongest)], y


def of_blocks(z: Array, y: Array, block: Array) -> dict[str, Array]:
    """What the sites say together of every inner fold."""
    parts = [(z[block == number], y[block == number]) for number in range(BLOCKS)]
    return {
        "block_totals": np.array([[float(len(own))] for own, _ in parts]),
        "block_sums": np.array([[own.sum(axis=0)] for own, _ in parts]),
        "block_products": np.array([pack_symmetric(own.T @ own) for own, _ in parts]),
        "block_outcomes": np.array([[outcome.sum()] for _, outcome in parts]),
        "block_outcome_products": np.array([[outcome @ own] for own, outcome in parts]),
    }


def test_halves_choose_what_scikit_learns_lasso_chooses_on_their_patients(patients: tuple[Array, Array]) -> None:
    z, y = patients
    block = np.random.default_rng(1).permutation(np.arange(len(y)) % BLOCKS)
    totals, every = of_blocks(z, y, block), np.ones(LISTED, dtype=bool)
    summed, followed = by_outcome(totals), []
    halves = [(number, other) for other in range(BLOCKS) for number in range(other)]
    for half in halves:
        computed = path({name: values[list(half)].sum(axis=0) for name, values in summed.items()}, every, MOST)
        rows = np.isin(block, half)
        centred, outcome = z[rows] - z[rows].mean(axis=0), y[rows] - y[rows].mean()
        largest, last = np.abs(centred.T @ outcome).max() / rows.sum(), int(np.flatnonzero(computed.any(axis=1)).max())
        steps = largest * PENALTIES[: last + 1]
        _, reference, _ = lasso_path(centred, outcome, alphas=steps, tol=1e-14, max_iter=1_000_000)
        np.testing.assert_allclose(computed[: last + 1], reference.T, atol=1e-9)
        followed.append(np.pad(reference.T, ((0, len(PENALTIES) - last - 1), (0, 0))))
    shares = stable(totals, every, MOST, 50, np.random.default_rng(2))
    np.testing.assert_array_equal(shares, frequencies(np.array(followed), MOST))
    assert 0 < (shares >= 0.6).sum() < MOST


def test_relevance_over_redundancy_is_that_of_the_table(patients: tuple[Array, Array]) -> None:
    z, y = patients
    relevance, size = f_regression(z, y)[0], np.abs(np.corrcoef(z.T)).clip(LEAST_REDUNDANCY)
    chosen: list[int] = []
    while len(chosen) < 10:
        worth = relevance / (size[:, chosen].mean(axis=1) if chosen else 1.0)
        worth[chosen] = -1.0
        chosen.append(int(np.argmax(worth)))
    n, products = np.array([float(len(y))]), pack_symmetric(z.T @ z)[None]
    outcome = np.concatenate([[y.sum(), y @ y], y @ z])[None]
    strength = f_of_outcome(n, z.sum(axis=0)[None], (z**2).sum(axis=0)[None], outcome)[0]
    computed = most_relevant(strength, correlations(n, products)[0], np.ones(LISTED, dtype=bool), 10)
    assert computed.tolist() == chosen
    # features that say nearly the same are passed over
    assert set(chosen) != set(np.argsort(-relevance, kind="stable")[:10].tolist())
