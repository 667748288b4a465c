"""Which covariates say nothing that batches and other covariates have not said already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from harmonization.array import Array
from harmonization.errors import RankDeficientError

_UNEXPLAINED = 1e-10
"""Share of a column's own sum of squares under which nothing is left of it."""


@dataclass(frozen=True)
class Called:
    """What errors call the parts of a regression."""

    covariates: Sequence[str]
    """(q,) columns"""
    fits: Sequence[str] = ()
    """Of each, in words that follow "batches"; none where there is one alone"""
    features: Sequence[str] = ()
    """(f,) none where every patient has all"""

    def having(self, features: Iterable[int]) -> list[str]:
        """Of every fit and some features: the patients who have the feature, in words."""
        named = [self.features[feature] if self.features else f"feature {feature}" for feature in features]
        return [f"{fit}, among patients who have {feature}" for fit in self.fits or ("",) for feature in named]


def dependent_columns(szz: Array) -> tuple[int, ...]:
    """Columns that are linear combinations of the columns before them, within batches.

    Parameters
    ----------
    szz : (q, q) sums of products of the covariates, centred within each batch

    Returns
    -------
    Indices, ascending. A column that is constant within every batch is among them.

    Notes
    -----
    Sweeps one column after the other out of the correlation matrix (Cholesky without pivoting); a pivot of
    zero is a column of which the earlier ones leave nothing.
    """
    scale = np.sqrt(np.diagonal(szz))
    unit = np.where(scale > 0, scale, 1.0)
    rest = szz / np.outer(unit, unit)
    dependent = []
    for column in range(len(rest)):
        pivot = rest[column, column]
        if scale[column] == 0 or pivot < _UNEXPLAINED:
            dependent.append(column)
            continue
        rest = rest - np.outer(rest[:, column], rest[column]) / pivot
    return tuple(dependent)


def require_full_rank(szz: Array, names: Sequence[str], where: Sequence[str] = ()) -> None:
    """Refuse a design in which a covariate's effect cannot be told from the batches'.

    Parameters
    ----------
    szz : (..., q, q) sums of products of the covariates, centred within each batch
    names : (q,) names of the columns
    where : of each matrix, in words that follow "batches"; none says nothing

    Raises
    ------
    RankDeficientError naming the columns, and of the first matrix that has any, where it is.
    """
    q = szz.shape[-1]
    for place, matrix in enumerate(szz.reshape(-1, q, q) if q else ()):
        lost = dependent_columns(matrix)
        if not lost:
            continue
        constant = [names[column] for column in lost if matrix[column, column] == 0]
        combined = [names[column] for column in lost if matrix[column, column] > 0]
        reasons = [f"{', '.join(constant)}: the same for all patients of each batch"] if constant else []
        if combined:
            words = "determined by the batches and the other covariates, as where nobody has the first category"
            reasons.append(f"{', '.join(combined)}: {words}")
        raise RankDeficientError(
            f"covariates cannot be told from the batches{where[place] if where else ''}: {'; '.join(reasons)}; leave "
            "them out, or count a category that few patients have among another"
        )
