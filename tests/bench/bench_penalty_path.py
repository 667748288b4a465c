"""A lasso path of every fold from the sums of four sites, against scikit-learn on the pooled table."""

from collections.abc import Iterator
from time import perf_counter

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from shared.models import elastic_net
from shared.models.logistic import with_intercept
from tests.bench.figure import Figure

PATIENTS, FEATURES, FOLDS, PENALTIES, SITES = 139, 370, 5, 50, 4


def figures() -> Iterator[Figure]:
    """Exchanges, bytes and time of 250 problems with strongly correlated features."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(PATIENTS, 40)) @ rng.normal(size=(40, FEATURES)) + rng.normal(size=(PATIENTS, FEATURES))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    y = (rng.random(PATIENTS) < expit(z[:, :3] @ [1.0, -1.0, 0.5])).astype(np.int64)
    design, site = with_intercept(z), rng.integers(0, SITES, PATIENTS)
    folds = [np.arange(PATIENTS) % FOLDS != k for k in range(FOLDS)]
    sent = np.zeros(SITES)
    site_seconds = np.zeros(SITES)

    def totals(asked: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
        answers = []
        for k in range(SITES):
            began = perf_counter()
            parts = [elastic_net.sums(design[rows & (site == k)], y[rows & (site == k)], *at) for rows, *at in asked]
            answers.append({name: np.stack([part[name] for part in parts]) for name in parts[0]})
            site_seconds[k] += perf_counter() - began
            sent[k] += 16 * sum(one.size for one in answers[-1].values())  # masked numbers have 128 bits
        return {name: np.sum([answer[name] for answer in answers], axis=0) for name in answers[0]}

    began = perf_counter()
    classes = np.array([np.bincount(y[rows], minlength=2) for rows in folds])
    null = elastic_net.null_coefficients(classes, FEATURES + 1)
    everything = np.arange(FEATURES + 1)
    first = totals([(rows, start, everything) for rows, start in zip(folds, null, strict=True)])
    penalties = elastic_net.penalty_path(first["gradient"], classes.sum(axis=1), 1.0, PENALTIES, 0.05)
    path = elastic_net.begin(penalties, 1.0, classes, null, first)
    exchanges = 1
    while path.open.size:
        asked = zip(path.open, path.coefficients, path.columns, strict=True)
        path = elastic_net.advance(path, totals([(folds[row // PENALTIES], *at) for row, *at in asked]))
        exchanges += 1
    ours = perf_counter() - began - site_seconds.sum()

    began = perf_counter()
    for rows, row_penalties in zip(folds, penalties, strict=True):
        for penalty in row_penalties:
            # liblinear penalises the intercept, but is scikit-learn's fastest for this penalty
            LogisticRegression(
                C=1 / (rows.sum() * penalty), l1_ratio=1.0, solver="liblinear", tol=1e-8, max_iter=10_000
            ).fit(z[rows], y[rows])
    pooled = perf_counter() - began

    yield Figure("lasso_path.exchanges_250_problems", exchanges, "exchanges", "lower", 15)
    yield Figure("lasso_path.megabytes_per_site", sent.max() / 1e6, "MB", "lower", 100)
    yield Figure("lasso_path.coordinator_time_vs_scikit_learn", ours / pooled, "ratio", "lower", 3)
    yield Figure("lasso_path.site_time_vs_scikit_learn", site_seconds.max() / pooled, "ratio", "lower", 3)
    yield Figure("lasso_path.worst_optimality_breach", float(path.violation.max()), "mean log-loss", "lower", 1e-8)
