"""Histograms of boosted trees over shuffled labels, decoded: equations in whole numbers for each patient's ranges."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, kron, vstack

from shared.errors import MrfedError
from shared.privacy.permutation_rules import require_fewer_ranges_of_shuffles, require_fewer_shuffles
from shared.privacy.policy import Policy
from shared.study.study import Study
from shared.training.permutations import shuffled

PATIENTS, RANGES, FOLDS, TRIES = 120, 12, 5, 3


def boosted(study: Study, permutations: int, folds: int = FOLDS) -> Study:
    content = study.model_dump()
    content["model"] = {"kind": "boosting", "bins": RANGES}
    content["evaluation"] |= {"permutations": permutations, "folds": folds}
    return Study.model_validate(content)


def told(permutations: int) -> float:
    """Share of the patients whose range of a feature follows from the roots of each shuffle's first tree.

    For whoever knows labels and the order of the tables, the seed says whom a shuffle calls positive; of those a root
    counts how many lie in each range. Among all that fits these counts one solution is looked for in several
    directions: a patient counts who lies in the same range in each, and there in truth.
    """
    random = np.random.default_rng(0)
    y, fold = np.arange(PATIENTS) % 2, (np.arange(PATIENTS) // 2) % FOLDS
    place = random.integers(0, RANGES, PATIENTS)
    trains = [fold != number for number in range(FOLDS)]
    deals = [shuffled(y, fold, random) for _ in range(permutations)]
    groups = [rows & (labels == kind) for rows in trains for labels, kind in ((y, 0), (y, 1))]
    groups += [rows & (labels == 1) for labels in deals for rows in trains]
    member = np.array(groups, dtype=float)
    counts = member @ np.eye(RANGES)[place]
    equations = vstack(
        [kron(csr_array(np.eye(RANGES)), csr_array(member)), kron(np.ones((1, RANGES)), csr_array(np.eye(PATIENTS)))]
    ).tocsr()
    known = np.concatenate([counts.T.ravel(), np.ones(PATIENTS)])
    sure = np.ones(PATIENTS, dtype=bool)
    for _ in range(TRIES):
        solution = linprog(random.normal(size=RANGES * PATIENTS), A_eq=equations, b_eq=known, bounds=(0, 1))
        share = solution.x.reshape(RANGES, PATIENTS)
        sure &= (share.argmax(axis=0) == place) & (share.max(axis=0) > 0.999)
    return float(sure.mean())


@pytest.mark.attack
def test_ranges_of_patients_from_counts_of_shuffled_positives(
    study: Study, gained: Callable[[str, str, str], None]
) -> None:
    many, few = boosted(study, 12), boosted(study, 1)
    require_fewer_shuffles(Policy(), many, PATIENTS)  # what bounds sums of features does not bound counts of ranges
    with pytest.raises(MrfedError, match=r"60 groups .* of 120 patients"):
        require_fewer_ranges_of_shuffles(Policy(), many, PATIENTS)
    require_fewer_ranges_of_shuffles(Policy(), few, PATIENTS)
    without, defended = told(12), told(1)
    assert without == 1.0
    assert defended < 0.05
    gained(
        "Solve the counts of shuffled positives in the ranges of boosted trees for each patient's range",
        f"the range of a feature, of {100 * without:.0f} % of the patients",
        f"{100 * defended:.0f} %",
    )


def test_enough_patients_let_a_study_with_trees_be_tested_at_five_per_cent(study: Study) -> None:
    asked = boosted(study, 19, folds=2)
    require_fewer_ranges_of_shuffles(Policy(), asked, 1100)
    with pytest.raises(MrfedError, match=r"38 groups .* at most 3\d groups"):
        require_fewer_ranges_of_shuffles(Policy(), asked, 1000)
