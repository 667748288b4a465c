"""How far the sums over sets of patients, all together, single anybody out: the leverage of a patient.

Let W have a row for every set of patients that was ever summed over, 1 for those in it and 0 for the others. Whatever
is computed from the sums, linearly, weighs the patients by some v in the space that W's rows span, and

    |v_i|^2 <= h_i |v|^2,    h_i = w_i' (W W')^+ w_i,

where w_i is patient i's column. The bound is attained, so h_i is the largest share that patient i can have in any
combination. With max h = h, every combination is about at least 1 / h patients in effect, since

    (sum |v|)^2 / sum v^2  >=  sum |v| / max |v|  >=  sum v^2 / max v^2  >=  1 / h.

There is no search: one factorization settles every combination at once, and it does not matter what was summed (a
feature, a square, a count), as long as the sets were known beforehand.

Patients who are in the same sets are one *cell*; W is then kept by cells, with their counts. Leverage falls as counts
rise (more patients in a cell share what the sets say of it), so least counts suffice for a bound.

References: Hoaglin and Welsch, The American Statistician 32 (1978) 17 (leverage); Kish, Survey Sampling (1965), 11.7
(effective number).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh, qr

Matrix = npt.NDArray[np.float64]
_RANK = 1e-10
"""Rows that lie closer than this to the span of the others, in parts of the longest, are combinations of them."""
_STRENGTH = 1e-12
"""The same of squares: well over what rounding leaves of a product of sets."""


def leverage(sets: Matrix, counts: npt.NDArray[np.int64] | Matrix) -> Matrix:
    """Leverage of a patient of each cell.

    Parameters
    ----------
    sets : (n_sets, n_cells) 1 where a set takes a cell's patients in, else 0
    counts : (n_cells,) patients of each cell, or the fewest that there may be

    Returns
    -------
    (n_cells,) from 0, where no set holds the patient, to 1, where some combination is about her alone; 0 for cells
    without patients
    """
    n = np.asarray(counts, dtype=float)
    columns = np.unique(sets, axis=0) * np.sqrt(n)
    basis = orthonormal(columns.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (basis**2).sum(axis=1) / n
    return np.where(n > 0, found, 0.0).clip(0.0, 1.0)


def leverage_of_persons(sets: Matrix, person: Sequence[int]) -> Matrix:
    """Leverage of persons, each of whom may have several rows (examinations, an edited row, an earlier version).

    What is said of any of her rows is said of her: the largest share that all of them can have together is the largest
    eigenvalue of her block of the projection onto W's row space.

    Parameters
    ----------
    sets : (n_sets, n_rows) 1 where a set takes a row in
    person : (n_rows,) whose each row is, as numbers from 0

    Returns
    -------
    (n_persons,)
    """
    basis = orthonormal(np.asarray(sets, dtype=float).T)
    whose = np.asarray(person)
    found = np.zeros(int(whose.max(initial=-1)) + 1)
    order = np.argsort(whose, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(whose[order])) + 1):
        if rows.size:
            found[whose[rows[0]]] = np.linalg.norm(basis[rows], 2) ** 2
    return found.clip(0.0, 1.0)


def orthonormal(columns: Matrix) -> Matrix:
    """(n, rank) orthonormal columns that span the same space as (n, m) given ones, whatever m is.

    Where there are more columns than rows, from their products, which are exact for sets (whole numbers). What rounding
    leaves in doubt is taken to be spanned: leverage is bounded from above.
    """
    if not columns.size or not columns.any():
        return np.zeros((len(columns), 0))
    if columns.shape[1] > len(columns):
        strength, directions = eigh(columns @ columns.T, check_finite=False)
        return np.asarray(directions[:, strength > _STRENGTH * strength.max()])
    q, r, _ = qr(columns, mode="economic", pivoting=True, check_finite=False)
    size = np.abs(np.diagonal(r))
    return np.asarray(q[:, size > _RANK * size.max()])


@dataclass(frozen=True)
class Span:
    """All sets that patients were ever summed over, as an orthonormal basis of the space that they span.

    Parameters
    ----------
    basis : (n_patients, rank)
    """

    basis: Matrix

    @classmethod
    def of_nobody(cls, patients: int) -> "Span":
        """Before anything was summed."""
        return cls(np.zeros((patients, 0)))

    def with_sets(self, sets: Matrix) -> "Span":
        """With further sets.

        Parameters
        ----------
        sets : (n_sets, n_patients) 1 where a set takes a patient in
        """
        rows = np.asarray(sets, dtype=float).T
        size = np.linalg.norm(rows, axis=0)
        rows = rows[:, size > 0] / size[size > 0]
        for _ in range(2):  # twice is enough (Kahan and Parlett; Giraud et al. 2005)
            rows = rows - self.basis @ (self.basis.T @ rows)
        rows = rows[:, np.linalg.norm(rows, axis=0) > _RANK]
        further = orthonormal(rows)
        further -= self.basis @ (self.basis.T @ further)
        return Span(np.hstack([self.basis, further]))

    def with_patients(self, further: int) -> "Span":
        """With patients who were in none of the sets so far."""
        return Span(np.vstack([self.basis, np.zeros((further, self.basis.shape[1]))]))

    @property
    def leverage(self) -> Matrix:
        """(n_patients,) leverage of each patient."""
        return np.asarray((self.basis**2).sum(axis=1)).clip(0.0, 1.0)

    @property
    def effective_patients(self) -> float:
        """Fewest patients whom any combination of all sums is about, in effect; infinite where nothing was summed."""
        largest = float(self.leverage.max(initial=0.0))
        return np.inf if largest == 0 else 1 / largest
