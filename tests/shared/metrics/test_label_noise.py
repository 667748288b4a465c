"""An AUC against misread labels leads back to the one against the true labels."""

from math import isnan

import numpy as np
import pytest

from shared.metrics.auc import concordance
from shared.metrics.label_noise import true_auc


@pytest.mark.parametrize(("missed", "invented"), [(0.0, 0.0), (0.1, 0.1), (0.25, 0.05), (0.05, 0.2)])
def test_flipped_labels_of_many_patients(missed: float, invented: float) -> None:
    rng = np.random.default_rng(3)
    positive = rng.random(400_000) < 0.35
    scores = rng.normal(size=positive.size) + 0.7 * positive
    misread = rng.random(positive.size) < np.where(positive, missed, invented)
    read = positive ^ misread
    against_read = concordance(scores, read).auc
    against_truth = concordance(scores, positive).auc
    # standard errors of both AUCs are about 0.001
    computed = true_auc(against_read, int(read.sum()), int((~read).sum()), missed, invented)
    assert computed == pytest.approx(against_truth, abs=0.006)
    assert abs(against_read - 0.5) <= abs(against_truth - 0.5) + 1e-9


def test_a_literal_case() -> None:
    # read 50 and 50, a fifth of each class misread: alpha = beta = 0.2, so 0.62 comes from 0.5 + 0.12 / 0.6
    assert true_auc(0.62, 50, 50, 0.2, 0.2) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("auc", "positives", "negatives", "missed", "invented"),
    [(0.7, 0, 10, 0.1, 0.1), (0.7, 5, 95, 0.0, 0.1), (0.95, 50, 50, 0.2, 0.2), (0.7, 50, 50, 0.5, 0.5)],
)
def test_what_cannot_be_has_no_value(
    auc: float, positives: int, negatives: int, missed: float, invented: float
) -> None:
    assert isnan(true_auc(auc, positives, negatives, missed, invented))
