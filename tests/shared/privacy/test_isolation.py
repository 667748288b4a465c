"""Smallest groups that decoded sums isolate, against all subsets of cells."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.privacy.isolation import DecodedSums, smallest_group_of_patients, smallest_group_of_sites


def plan(rows, patients, sites):
    return DecodedSums(np.array(rows, dtype=float), np.array(patients), np.array(sites))


def study(sites, folds, left_out, patients=7):
    """Cells site x fold; a sum over all, one without each fold and, where asked, one without each site."""
    cells = [(site, fold) for site in range(sites) for fold in range(folds)]
    rows = [[1] * len(cells)] + [[int(fold != out) for _, fold in cells] for out in range(folds)]
    rows += [[int(site != out) for site, _ in cells] for out in range(sites)] if left_out else []
    return plan(rows, [patients] * len(cells), [site for site, _ in cells])


def by_all_subsets(one, weigh):
    """Definition, literally: a group is isolated if dropping it lowers the rank of what is left."""
    rank = np.linalg.matrix_rank(one.sums) if one.sums.size else 0
    cells = range(len(one.patients))
    groups = (group for size in range(1, len(one.patients) + 1) for group in combinations(cells, size))
    isolated = (group for group in groups if np.linalg.matrix_rank(np.delete(one.sums, group, axis=1), tol=1e-9) < rank)
    return min(weigh(group) for group in isolated)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_equals_the_search_over_all_subsets(data):
    cells = data.draw(st.integers(1, 6))
    rows = data.draw(st.lists(st.lists(st.integers(0, 1), min_size=cells, max_size=cells), min_size=1, max_size=5))
    rows[0][0] = 1
    patients = data.draw(st.lists(st.integers(1, 9), min_size=cells, max_size=cells))
    sites = data.draw(st.lists(st.integers(0, 3), min_size=cells, max_size=cells))
    design = plan(rows, patients, sites)
    computed = smallest_group_of_patients(design)
    assert computed.exact
    assert computed.size == by_all_subsets(design, lambda group: sum(patients[cell] for cell in group))
    assert computed.size == sum(patients[cell] for cell in computed.cells)
    spanned = smallest_group_of_sites(design)
    assert spanned.exact
    assert spanned.size == by_all_subsets(design, lambda group: len({sites[cell] for cell in group}))


@pytest.mark.parametrize(
    ("one", "patients", "sites"),
    [
        (study(4, 5, left_out=False), 4 * 7, 4),  # one fold at all sites
        (study(4, 5, left_out=True), 4 * 7, 1),  # one fold at all sites; one site with all folds
        (study(8, 5, left_out=True), 5 * 7, 1),
        (study(2, 1, left_out=False), 2 * 7, 2),
    ],
)
def test_folds_and_left_out_sites(one, patients, sites):
    assert smallest_group_of_patients(one).size == patients
    assert smallest_group_of_sites(one).size == sites


def test_two_sums_that_differ_by_one_patient_isolate_that_patient():
    design = plan([[1, 1, 1], [1, 1, 0]], [30, 40, 1], [0, 1, 1])
    assert smallest_group_of_patients(design).size == 1
    assert smallest_group_of_patients(design).cells == (2,)


def test_a_combination_of_three_sums_is_found():
    # a + b, b + c, a + c: half of (first + third - second) is a.
    design = plan([[1, 1, 0], [0, 1, 1], [1, 0, 1]], [5, 6, 7], [0, 1, 2])
    assert smallest_group_of_patients(design).size == 5
    assert smallest_group_of_sites(design).size == 1


def test_cells_without_patients_hide_nobody():
    design = plan([[1, 1, 1]], [30, 0, 0], [0, 1, 2])
    assert smallest_group_of_sites(design).size == 1


def test_a_site_that_tells_its_own_patients_lowers_what_is_left():
    asked = study(4, 5, left_out=False)
    assert smallest_group_of_sites(asked.without([0])).size == 3
    assert smallest_group_of_sites(asked.without([0, 1, 2])).size == 1


def test_without_any_sum_nothing_is_isolated():
    design = plan(np.zeros((0, 3)), [5, 6, 7], [0, 1, 2])
    assert smallest_group_of_patients(design).cells == ()
    assert smallest_group_of_patients(design).size == 18
