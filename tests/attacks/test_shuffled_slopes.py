"""Slopes of logistic models of shuffled labels, over the exchanges of their training: solved for patients' features."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.special import expit

from shared.errors import MrfedError
from shared.privacy.disclosure_rules import require_fewer_slopes
from shared.privacy.permutation_rules import require_fewer_shuffles
from shared.privacy.policy import Policy
from shared.study.study import Study
from shared.training.permutations import shuffled

PATIENTS, FEATURES, FOLDS, STEPS = 28, 3, 4, 6


def told(permutations: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows, labels and members of every fit, where each step began, and the slopes that are summed there."""
    random, y = np.random.default_rng(0), np.arange(PATIENTS) * 2 // PATIENTS
    x = random.normal(size=(PATIENTS, FEATURES))
    x[:, 0] += y
    folds, design = np.arange(PATIENTS) % FOLDS, np.concatenate([np.ones((PATIENTS, 1)), x], axis=1)
    deals = [y, *(shuffled(y, folds, random) for _ in range(permutations))]
    labels = np.repeat(deals, FOLDS, axis=0).astype(float)
    trains = np.tile([folds != number for number in range(FOLDS)], (len(deals), 1)).astype(float)
    at, slopes = np.zeros((len(labels), steps, 1 + FEATURES)), np.zeros((len(labels), steps, 1 + FEATURES))
    for fit in range(len(labels)):
        now = np.zeros(1 + FEATURES)
        for step in range(steps):
            slope = ((expit(design @ now) - labels[fit]) * trains[fit]) @ design
            at[fit, step], slopes[fit, step] = now, slope
            now = 0.9 * now - 3.6 * slope / trains[fit].sum()
    return x, labels, trains, at, slopes


def solved(permutations: int, steps: int) -> float:
    """Share of the patients whose features all are found, where order, labels and shuffles are known."""
    x, labels, trains, at, slopes = told(permutations, steps)

    def parts(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        design = np.concatenate([np.ones((PATIENTS, 1)), flat.reshape(x.shape)], axis=1)
        risk = expit(np.einsum("nf,ksf->ksn", design, at))
        return design, risk, (risk - labels[:, None]) * trains[:, None]

    def residual(flat: np.ndarray) -> np.ndarray:
        design, _, off = parts(flat)
        return np.asarray((np.einsum("ksn,nf->ksf", off, design) - slopes).ravel())

    def derivative(flat: np.ndarray) -> np.ndarray:
        design, risk, off = parts(flat)
        weight = risk * (1 - risk) * trains[:, None]
        found = np.einsum("ksn,ksg,nf->ksfng", weight, at[:, :, 1:], design)
        for number in range(FEATURES):
            found[:, :, number + 1, :, number] += off
        return np.asarray(found.reshape(slopes.size, -1))

    random, method = np.random.default_rng(1), "lm" if slopes.size >= x.size else "trf"
    tries = [
        least_squares(residual, random.normal(size=x.size), derivative, method=method, max_nfev=200) for _ in range(3)
    ]
    best = min(tries, key=lambda values: float(values.cost))
    return float((np.abs(best.x.reshape(x.shape) - x).max(axis=1) < 0.05).mean())


@pytest.mark.attack
@pytest.mark.slow
def test_features_from_the_slopes_of_shuffled_labels(study: Study, gained: Callable[[str, str, str], None]) -> None:
    content = study.model_dump()
    content["evaluation"] |= {"permutations": 3, "folds": FOLDS}
    asked, fits = Study.model_validate(content), 3 * FOLDS
    require_fewer_shuffles(Policy(), asked, PATIENTS)  # what bounds sums of features does not bound slopes
    with pytest.raises(MrfedError, match=r"48 numbers of slopes in training could be solved for 3 features of 28"):
        require_fewer_slopes(Policy(), asked, PATIENTS, FEATURES, fits * (1 + FEATURES))
    require_fewer_slopes(Policy(), asked, PATIENTS, FEATURES, 2 * FOLDS * (1 + FEATURES))
    without = solved(3, STEPS)
    assert without > 0.5
    gained(
        "Solve the slopes of models of shuffled labels for the features of those who made them",
        f"all features of {100 * without:.0f} % of the patients, to a twentieth of a standard deviation",
        "refused at the first exchange: 48 numbers, where 42 are allowed",
    )
