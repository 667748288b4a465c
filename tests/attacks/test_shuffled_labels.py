"""Sums over groups that a shuffle of the labels draws, in the open: a system of equations in the patients' features."""

import numpy as np
import pytest

from shared.errors import MrfedError
from shared.folds import generator, stratified
from shared.privacy.permutation_rules import require_fewer_shuffles
from shared.privacy.policy import Policy
from shared.study.study import Study
from shared.training.permutations import shuffled

SITES = {"alpha": 40, "beta": 30, "gamma": 30}


def shuffling(study: Study, permutations: int) -> Study:
    content = study.model_dump()
    content["evaluation"]["permutations"] = permutations
    return Study.model_validate(content)


def folds_and_classes(study: Study) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) site, fold and class of every patient."""
    section, site, folds, y = study.evaluation, [], [], []
    for number, (name, patients) in enumerate(SITES.items()):
        own = np.arange(patients) % 2
        site.append(np.full(patients, number))
        folds.append(stratified(own, section.folds, generator(section.seed, "folds", name)))
        y.append(own)
    return np.concatenate(site), np.concatenate(folds), np.concatenate(y)


def known_groups(study: Study) -> np.ndarray:
    """(sums, n) whom the sums of shuffles and of the study itself are about, in every fold and without every site.

    For whoever guesses the order of a site's table: the seed says the rest.
    """
    section, (site, folds, y) = study.evaluation, folds_and_classes(study)
    trains = [folds != fold for fold in range(section.folds)]
    groups = [rows & (y == kind) for rows in (*trains, *(site != number for number in range(3))) for kind in (0, 1)]
    for shuffle in range(section.permutations):
        labels = np.empty_like(y)
        for number, name in enumerate(SITES):
            own, random = site == number, generator(section.seed, "shuffle", name, str(shuffle))
            labels[own] = shuffled(y[own], folds[own], random)
        groups += [rows & (labels == 1) for rows in trains]
    return np.array(groups, dtype=float)


def gained(study: Study) -> tuple[float, float]:
    """Largest error of a difference between patients of a site and fold, and share of rows known to nine digits."""
    x = np.random.default_rng(0).normal(size=(sum(SITES.values()), 12))
    groups, (site, folds, _) = known_groups(study), folds_and_classes(study)
    error = np.linalg.lstsq(groups, groups @ x, rcond=None)[0] - x
    cells = [error[(site == a) & (folds == b)] for a in range(3) for b in range(study.evaluation.folds)]
    apart = max(float(np.abs(cell - cell.mean(axis=0)).max()) for cell in cells)
    return apart, float((np.abs(error).max(axis=1) < 1e-9).mean())


def test_as_many_shuffles_as_give_rows_away_are_refused(study: Study) -> None:
    many = shuffling(study, 40)
    apart, rows = gained(many)
    assert apart < 1e-9  # how any two patients of a site and fold differ, in every feature
    assert rows > 0.3
    with pytest.raises(MrfedError, match="would give single patients' features away"):
        require_fewer_shuffles(Policy(), many, sum(SITES.values()))


def test_those_that_sites_allow_give_no_row_and_no_difference_away(study: Study) -> None:
    few = shuffling(study, 16)
    require_fewer_shuffles(Policy(), few, sum(SITES.values()))
    apart, rows = gained(few)
    assert apart > 0.5
    assert rows == 0.0
