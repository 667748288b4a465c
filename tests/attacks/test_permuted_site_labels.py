"""Sums over labels that chance dealt, in the open: a system of equations in the patients' features."""

import numpy as np
import pytest

from harmonization import permutation
from shared.errors import MrfedError
from shared.privacy.disclosure_rules import require_few_deals
from shared.privacy.policy import Policy
from shared.study.plan import deal_seeds
from shared.study.study import Study

SITES = {"alpha": 40, "beta": 30, "gamma": 30}


def probing(study: Study, deals: int) -> Study:
    content = study.model_dump()
    content["harmonization"]["probe"] = {"deals": deals}
    return Study.model_validate(content)


def known_groups(study: Study) -> np.ndarray:
    """(sums, n) whom each decoded sum is about: the coordinator deals as the sites do."""
    labels = np.concatenate(
        [permutation.permuted_labels(SITES, SITES, site, deal_seeds(study)) for site in SITES], axis=1
    )
    return np.concatenate([labels == name for name in SITES]).astype(float)


def solved(study: Study) -> float:
    """Share of patients whose features follow from the sums to nine digits."""
    x = np.random.default_rng(0).normal(size=(sum(SITES.values()), 12))
    groups = known_groups(study)
    solution = np.linalg.lstsq(groups, groups @ x, rcond=None)[0]
    return float((np.abs(solution - x).max(axis=1) < 1e-9).mean())


def test_as_many_permutations_as_give_every_row_away_are_refused(study: Study) -> None:
    many = probing(study, 60)
    assert solved(many) == 1.0
    with pytest.raises(MrfedError, match="would give single patients' features away"):
        require_few_deals(Policy(), many, SITES, SITES["alpha"], "alpha")


def test_those_that_sites_allow_give_no_row_away(study: Study) -> None:
    few = probing(study, 24)
    require_few_deals(Policy(), few, SITES, SITES["alpha"], "alpha")
    assert np.linalg.matrix_rank(known_groups(few)) == 24 * 2 + 1
    assert solved(few) == 0.0
