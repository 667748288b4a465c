"""A lasso path of every fold from the sums of four sites, against scikit-learn on the pooled table."""

from collections.abc import Callable, Iterator
from time import perf_counter

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from shared.arrays import pack_symmetric
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

    def totals(ask: Callable[[np.ndarray], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        answers = []
        for k in range(SITES):
            began = perf_counter()
            answers.append(ask(site == k))
            site_seconds[k] += perf_counter() - began
            sent[k] += 16 * sum(answer.size for answer in answers[-1].values())  # masked numbers have 128 bits
        return {name: np.sum([answer[name] for answer in answers], axis=0) for name in answers[0]}

    def known(own: np.ndarray) -> dict[str, np.ndarray]:
        of_class = np.array([[rows & own & (y == label) for label in (0, 1)] for rows in folds])
        products = [pack_symmetric(z[rows & own].T @ z[rows & own]) for rows in folds]
        return {"sums": of_class.astype(float) @ z, "products": np.stack(products)}

    def asked(own: np.ndarray) -> dict[str, np.ndarray]:
        parts = [
            elastic_net.slopes(design[rows & own], y[rows & own], at[still])
            for rows, at, still in zip(folds, path.trial, path.open, strict=True)
        ]
        curved = [
            elastic_net.hessian(design[folds[fit] & own], path.trial[fit, knot], problem.columns)
            for fit, problem in path.wanted.items()
            for knot in problem.knots
        ]
        sums = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return sums | {"curvature": np.concatenate([np.zeros(0), *curved])}

    began = perf_counter()
    classes = np.array([np.bincount(y[rows], minlength=2) for rows in folds])
    first = totals(known)
    null = elastic_net.null_sums(classes, first["sums"], first["products"])
    penalties = elastic_net.penalty_path(null["gradient"], classes.sum(axis=1), 1.0, PENALTIES, 0.05)
    path = elastic_net.begin(penalties, 1.0, classes, null)
    exchanges = 1
    while not path.done:
        path = elastic_net.advance(path, totals(asked))
        exchanges += 1
    ours = perf_counter() - began - site_seconds.sum()

    began = perf_counter()
    for rows, row_penalties in zip(folds, penalties, strict=True):
        for penalty in row_penalties:
            # liblinear penalizes the intercept, but is scikit-learn's fastest for this penalty
            LogisticRegression(
                C=1 / (rows.sum() * penalty), l1_ratio=1.0, solver="liblinear", tol=1e-8, max_iter=10_000
            ).fit(z[rows], y[rows])
    pooled = perf_counter() - began

    yield Figure("lasso_path.exchanges_250_problems", exchanges, "exchanges", "lower", 15)
    yield Figure("lasso_path.megabytes_per_site", sent.max() / 1e6, "MB", "lower", 30)
    yield Figure("lasso_path.coordinator_time_vs_scikit_learn", ours / pooled, "ratio", "lower", 3)
    yield Figure("lasso_path.site_time_vs_scikit_learn", site_seconds.max() / pooled, "ratio", "lower", 3)
    yield Figure("lasso_path.worst_optimality_breach", float(path.violation.max()), "mean log-loss", "lower", 1e-8)
