"""What can be concluded from decoded sums: the smallest groups of patients and of sites that they isolate.

Masks hide a site inside a total, but totals can be subtracted from each other. Patients that enter exactly the same
sums form a *cell*. Whatever a coordinator computes from sums A s, linearly, is a combination v = A'y of cells; it
says something about exactly the cells where v is not zero. The smallest such group, counted in patients or in sites,
is what the sums isolate (the least weight of a cocircuit of the matroid of A's columns).

It is found exactly, by mixed-integer programming: some cell has the largest |v|, say 1, and the others switch on the
patients or the sites that they bring. A search that runs out of time gives a lower bound and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array, hstack, vstack

Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
_ZERO = 1e-9
_SUPPORT = 1e-6
"""A coefficient of this size counts; the search lets smaller ones pass as zero."""
_TIME_LIMIT_S = 20.0
_MOST_ATOMS = 150
"""Beyond, the search would take hours: the lightest part of all is the bound, as no group is lighter."""


@dataclass(frozen=True)
class DecodedSums:
    """A plan of sums over cells of patients.

    Parameters
    ----------
    sums : (n_sums, n_cells) 1 where a decoded sum takes the patients of a cell in, else 0
    patients : (n_cells,) number of patients
    sites : (n_cells,) site of each cell, as a number
    """

    sums: Matrix
    patients: Counts
    sites: Counts

    def without(self, known: Iterable[int]) -> "DecodedSums":
        """What is left to conclude for somebody who knows the patients of these sites: their cells drop out."""
        kept = ~np.isin(self.sites, list(known))
        return DecodedSums(self.sums[:, kept], self.patients[kept], self.sites[kept])


@dataclass(frozen=True)
class Group:
    """A smallest group that a combination of sums isolates.

    Parameters
    ----------
    size : in patients or in sites; where `exact` is false, no smaller group can be isolated
    cells : indices of the cells in such a group; empty where there are no sums, or the search ran out of time
    exact : whether this group itself can be isolated
    """

    size: int
    cells: tuple[int, ...]
    exact: bool


def smallest_group_of_patients(plan: DecodedSums) -> Group:
    """Fewest patients about whom some combination of the sums says something that involves nobody else."""
    occupied = np.flatnonzero(plan.patients)
    atom, members = _atoms(plan.sums[:, occupied])
    weights = np.bincount(members, weights=plan.patients[occupied]).astype(np.int64)
    size, support, exact = _least_weight(atom, csr_array(np.eye(len(weights))), weights)
    return Group(size, _cells(occupied, members, support), exact)


def smallest_group_of_sites(plan: DecodedSums) -> Group:
    """Fewest sites about whose patients some combination of the sums says something that involves no other site."""
    occupied = np.flatnonzero(plan.patients)
    atom, members = _atoms(plan.sums[:, occupied])
    names, site = np.unique(plan.sites[occupied], return_inverse=True)
    belongs = np.zeros((atom.shape[1], len(names)))
    belongs[members, site] = 1
    size, support, exact = _least_weight(atom, csr_array(belongs), np.ones(len(names), dtype=np.int64))
    return Group(size, _cells(occupied, members, support), exact)


def _atoms(sums: Matrix) -> tuple[Matrix, Counts]:
    """Cells that enter the same sums as one column; which column each cell is in."""
    columns, members = np.unique(sums, axis=1, return_inverse=True)
    return columns, members.reshape(-1)


def _cells(occupied: Counts, members: Counts, support: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(occupied[support[members]].tolist()) if support.size else ()


def _least_weight(atoms: Matrix, belongs: csr_array, weights: Counts) -> tuple[int, npt.NDArray[np.bool_], bool]:
    """Least total weight of what the support of a vector in the row space brings.

    Parameters
    ----------
    atoms : (n_sums, n_atoms)
    belongs : (n_atoms, n_parts) 1 where an atom brings a part
    weights : (n_parts,)

    Returns
    -------
    the weight, (n_atoms,) the support, and whether that is exact
    """
    basis = _row_basis(atoms)
    nothing = np.zeros(0, dtype=bool)
    if not basis.size:
        return int(weights.sum()), nothing, True
    support = _lightest_difference(atoms, belongs, weights)
    best, exact = _weight(support, belongs, weights), True
    # A row space that holds the unit vector of an atom isolates it; nothing is lighter than the lightest atom.
    isolated = np.flatnonzero((basis**2).sum(axis=0) > 1 - _ZERO)
    if isolated.size:
        light = min(isolated.tolist(), key=lambda atom: int((belongs[[atom]] @ weights).sum()))
        lightest = np.arange(atoms.shape[1]) == light
        if _weight(lightest, belongs, weights) < best:
            best, support = _weight(lightest, belongs, weights), lightest
    if atoms.shape[1] > _MOST_ATOMS:
        light = int(weights[weights > 0].min())
        return (best, support, exact) if best <= light else (light, nothing, False)
    for pivot in np.flatnonzero(np.abs(basis).max(axis=0) > _ZERO).tolist():
        if belongs[[pivot]] @ weights >= best:
            continue
        lighter = _least_weight_with(basis, belongs, weights, pivot, best)
        if lighter is None:
            continue
        bound, combination = lighter
        if combination is None:
            best, support, exact = min(best, bound), nothing, False
        else:
            support = np.abs(combination) > _SUPPORT
            best = _weight(support, belongs, weights)
            # The search works to a tolerance; the rank says whether the rest can be cancelled exactly.
            exact = bool(np.linalg.matrix_rank(basis[:, ~support]) < len(basis))
    return best, support, exact


def _lightest_difference(atoms: Matrix, belongs: csr_array, weights: Counts) -> npt.NDArray[np.bool_]:
    """Support of a sum or of the difference of two that brings least: often the smallest already, only to be proved."""
    rows = np.unique(np.concatenate([np.zeros((1, atoms.shape[1])), atoms]), axis=0)
    best, lightest = np.inf, np.ones(atoms.shape[1], dtype=bool)
    for number, first in enumerate(rows[1:], start=1):
        supports = rows[:number] != first
        brought = (supports.astype(np.float64) @ belongs > 0) @ weights
        light = int(np.argmin(brought))
        if brought[light] < best:
            best, lightest = float(brought[light]), supports[light]
    return lightest


def _weight(support: npt.NDArray[np.bool_], belongs: csr_array, weights: Counts) -> int:
    return int(weights[belongs[support].sum(axis=0) > 0].sum())


def _least_weight_with(
    basis: Matrix, belongs: csr_array, weights: Counts, pivot: int, below: int
) -> tuple[int, Matrix | None] | None:
    """The same with |v| largest, 1, at `pivot`; None where nothing is lighter than `below`."""
    rank, parts = len(basis), len(weights)
    # Unknowns: y (rank), free; z (parts), 0 or 1. |v_a| <= z_p for every part p that atom a brings.
    atom, part = belongs.nonzero()
    pairs = len(atom)
    v = csr_array(basis.T[atom])
    z = coo_array((np.ones(pairs), (np.arange(pairs), part)), shape=(pairs, parts)).tocsr()
    bounds = vstack([hstack([v, -z]), hstack([-v, -z])])
    normal = np.concatenate([basis[:, pivot], np.zeros(parts)])
    cost = np.concatenate([np.zeros(rank), weights])
    result = milp(
        cost,
        integrality=np.concatenate([np.zeros(rank), np.ones(parts)]),
        bounds=Bounds(
            np.concatenate([np.full(rank, -np.inf), np.zeros(parts)]),
            np.concatenate([np.full(rank, np.inf), np.ones(parts)]),
        ),
        constraints=[
            LinearConstraint(bounds, -np.inf, 0),
            LinearConstraint(normal, 1, 1),
            LinearConstraint(cost, -np.inf, below - 1),
        ],
        options={"time_limit": _TIME_LIMIT_S},
    )
    if result.status == 2:  # infeasible: nothing is lighter
        return None
    if result.status != 0:
        bound = result.mip_dual_bound
        return (int(np.ceil(bound - 1e-6)) if bound is not None and np.isfinite(bound) else 1), None
    return 0, result.x[:rank] @ basis


def _row_basis(matrix: Matrix) -> Matrix:
    """Independent rows that span the same space, well conditioned."""
    if not matrix.size:
        return matrix[:0]
    _, singular, vectors = np.linalg.svd(matrix, full_matrices=False)
    basis: Matrix = vectors[singular > _ZERO * max(matrix.shape) * singular.max(initial=0)]
    return basis
