"""Histograms of gradients of all sites, decoded: ranges of single patients, put together over features."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from shared.errors import MrfedError
from shared.models.boosting import Boosting, Growth, advance, sums
from shared.models.trees import normal_bins
from shared.privacy.disclosure_rules import require_enough_in_ranges
from shared.privacy.policy import Policy
from shared.study.study import Study

PATIENTS, FEATURES = 120, 8


def put_together(bins: int, trees: int) -> float:
    """Share of all patients of whom the ranges of all features follow from the totals, after so many trees.

    A range with one patient shows her gradient and Hessian. After the first tree these differ between patients who
    ended in other leaves, and the same two numbers in single ranges of several features are the same patient.
    """
    random = np.random.default_rng(4)
    z = random.normal(size=(PATIENTS, FEATURES))
    y = (random.random(PATIENTS) < expit(2 * z[:, 0] - z[:, 1])).astype(int)
    binned = normal_bins(z, bins)
    boosting = Boosting.start(Growth(trees=trees, depth=3, least_patients=10), np.bincount(y, minlength=2))
    rows: set[tuple[int, ...]] = set()
    while not boosting.finished:
        totals = sums(boosting, binned, y, bins)
        for node in range(len(totals["count"])):
            told: list[dict[tuple[float, float], int]] = []
            for feature in range(FEATURES):
                alone = np.flatnonzero(np.rint(totals["count"][node, feature]) == 1)
                cells = [
                    (round(float(totals["gradient"][node, feature, one]), 9),
                     round(float(totals["hessian"][node, feature, one]), 9), int(one))
                    for one in alone
                ]  # fmt: skip
                keys = [cell[:2] for cell in cells]
                told.append({cell[:2]: cell[2] for cell in cells if keys.count(cell[:2]) == 1})
            common = set.intersection(*(set(one) for one in told))
            rows |= {tuple(one[key] for one in told) for key in common}
        boosting = advance(boosting, totals)
    return float(np.mean([tuple(row) in rows for row in binned.tolist()]))


def boosted(study: Study, bins: int) -> Study:
    content = study.model_dump()
    content["model"] = {"kind": "boosting", "bins": bins}
    return Study.model_validate(content)


@pytest.mark.attack
@pytest.mark.slow
def test_single_ranges_put_together_over_features(study: Study, gained: Callable[[str, str, str], None]) -> None:
    many, allowed = 256, PATIENTS // Policy().minimum_patients
    with pytest.raises(MrfedError, match=r"256 ranges .* of 120 patients"):
        require_enough_in_ranges(Policy(), boosted(study, many), float(PATIENTS))
    require_enough_in_ranges(Policy(), boosted(study, allowed), float(PATIENTS))
    without, defended = put_together(many, 40), put_together(allowed, 40)
    assert without > 0.5
    assert defended == 0
    gained(
        "Put single ranges of boosted trees together over features",
        f"the ranges of all {FEATURES} features, of {100 * without:.0f} % of the patients",
        f"{100 * defended:.0f} %; single features still, which `approve` says",
    )
