"""How many equations for the patients' unknown values all answers together are.

A gradient or a Hessian weighs patients by their own values, and a square or a product is of the second degree in them:
no set says what such a number is about, but each is an equation for the values that it involves. With more equations
than unknowns a solver finds every patient, through any mask; with half as many none does better than a guess, as long
as values are tame (`docs/disclosure.md` shows the experiment). So each independent number is *charged* to the columns
that it involves, and no column may be charged more often than a part of its patients.

A number that involves several columns is charged to them in the parts that spread the load best: the largest charge is
then the densest part of the system, the one that a solver would begin with (Hall's condition, as a flow). Columns that
are one family (the same image, region and feature under other settings) are one column; columns that somebody else may
know have no unknowns, and nothing is charged to them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

_TIGHT = 1e-6


@dataclass(frozen=True)
class Equations:
    """Numbers that leave about the same columns of the same patients.

    Parameters
    ----------
    about : what they are, for a person ("products of the features of the shortlist")
    numbers : how many independent real numbers
    columns : families of columns that each of them may involve
    """

    about: str
    numbers: float
    columns: frozenset[str]


@dataclass(frozen=True)
class Charge:
    """What the most charged column bears, in the best division.

    Parameters
    ----------
    numbers : equations a column; over the number of patients, equations an unknown
    columns : families that bear so much
    about : which equations they bear
    """

    numbers: float
    columns: frozenset[str]
    about: tuple[str, ...]

    def per_unknown(self, patients: float) -> float:
        """Equations for each unknown value of so many patients."""
        return self.numbers / patients if patients > 0 else (np.inf if self.numbers else 0.0)


NOTHING = Charge(0.0, frozenset(), ())


def charge(equations: Iterable[Equations], known: Collection[str] = ()) -> Charge:
    """Largest charge of a column, when all equations are divided among their columns as evenly as can be.

    Parameters
    ----------
    equations : everything that was ever answered about these patients, and what is to be
    known : columns whose values somebody else may know: they have no unknowns

    Returns
    -------
    the charge. Equations that involve known columns alone bind nobody and are left aside; what they say is counted in
    bits (`shared.privacy.bits`) where it is about something discrete.
    """
    asked = [
        Equations(one.about, one.numbers, one.columns - frozenset(known))
        for one in equations
        if one.numbers > 0 and not one.columns <= frozenset(known)
    ]
    if not asked:
        return NOTHING
    # Columns that the same equations involve are alike: one variable for all of them.
    alike: dict[frozenset[int], list[str]] = {}
    for column in sorted(frozenset().union(*(one.columns for one in asked))):
        involved = frozenset(index for index, one in enumerate(asked) if column in one.columns)
        alike.setdefault(involved, []).append(column)
    groups = list(alike.items())
    pairs = [(index, group) for group, (involved, _) in enumerate(groups) for index in sorted(involved)]
    count = len(pairs)
    index, group = (np.array(each) for each in zip(*pairs, strict=True))
    own = np.array([len(columns) for _, columns in groups], dtype=float)
    each: Any = coo_array((np.ones(count), (index, np.arange(count))), shape=(len(asked), count + 1)).tocsr()
    load: Any = coo_array(
        (
            np.concatenate([np.ones(count), -own]),
            (
                np.concatenate([group, np.arange(len(groups))]),
                np.concatenate([np.arange(count), np.full(len(groups), count)]),
            ),
        ),
        shape=(len(groups), count + 1),
    ).tocsr()
    cost = np.zeros(count + 1)
    cost[-1] = 1.0
    solved = linprog(
        cost,
        A_ub=load,
        b_ub=np.zeros(len(groups)),
        A_eq=each,
        b_eq=np.array([one.numbers for one in asked]),
        method="highs",
    )
    if not solved.success or solved.x is None:
        raise ArithmeticError(f"the division of equations among columns failed: {solved.message}")
    # Where the dual price is positive a group is part of the densest system.
    price = -solved.ineqlin.marginals
    dense = [number for number, value in enumerate(price) if value > _TIGHT]
    columns = frozenset(name for number in dense for name in groups[number][1])
    about = tuple(one.about for one in asked if one.columns <= columns)
    return Charge(float(solved.x[-1]), columns, about)


def families(names: Iterable[str], family: Mapping[str, str]) -> frozenset[str]:
    """The families of some columns.

    Parameters
    ----------
    names : columns as a study calls them
    family : the family of those that belong to one with others; the rest stand for themselves
    """
    return frozenset(family.get(name, name) for name in names)


def joined(equations: Iterable[Equations]) -> tuple[Equations, ...]:
    """The same, with equations of one kind about the same columns added up: what a ledger keeps."""
    total: dict[tuple[str, frozenset[str]], float] = {}
    for one in equations:
        kind = (one.about, one.columns)
        total[kind] = total.get(kind, 0.0) + one.numbers
    return tuple(Equations(about, numbers, columns) for (about, columns), numbers in total.items())
