"""Covariates whose effects harmonization keeps, as columns of numbers that all sites build alike.

Everything that a column depends on (categories, their order, spline knots) is agreed at enrolment, so a site
without a category, or with a narrower range, still builds the same columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from harmonization.array import Array
from harmonization.errors import HarmonizationError


@dataclass(frozen=True)
class Continuous:
    """A number that acts linearly: one column."""

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return (self.name,)

    def encode(self, values: NDArray[Any]) -> Array:
        """(n, 1) the values themselves."""
        return np.asarray(values, dtype=np.float64)[:, None]


@dataclass(frozen=True)
class Categorical:
    """A category: one column of 0 and 1 for each level after the first."""

    name: str
    levels: tuple[str, ...]
    """Agreed at enrolment, in order; the first is the one that the others are compared with."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(f"{self.name}={level}" for level in self.levels[1:])

    def encode(self, values: NDArray[Any]) -> Array:
        """(n, levels - 1) indicators."""
        given = np.asarray(values).astype(str)
        unknown = sorted(set(given) - set(self.levels))
        if unknown:
            raise HarmonizationError(
                f"covariate {self.name}: {', '.join(unknown)} is none of the levels agreed at enrolment "
                f"({', '.join(self.levels)}); recode it or leave these patients out"
            )
        return np.asarray(given[:, None] == np.array(self.levels[1:], dtype=str), dtype=np.float64)


@dataclass(frozen=True)
class Spline:
    """A number that acts nonlinearly: a cubic spline, linear beyond the outer knots.

    Reference: Harrell, Regression Modeling Strategies (2015), equation 2.25 (restricted cubic splines).
    """

    name: str
    knots: tuple[float, ...]
    """Agreed at enrolment, ascending, at least three."""

    def __post_init__(self) -> None:
        if len(self.knots) < 3 or any(a >= b for a, b in zip(self.knots, self.knots[1:], strict=False)):
            raise HarmonizationError(f"covariate {self.name}: a spline needs three or more ascending knots")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns: the linear part, then one for each knot but two."""
        return (self.name, *(f"{self.name} bent at {knot:g}" for knot in self.knots[:-2]))

    def encode(self, values: NDArray[Any]) -> Array:
        """(n, knots - 1) basis, in units of the knots' range."""
        t = np.array(self.knots)
        width = t[-1] - t[0]
        v = np.asarray(values, dtype=np.float64)[:, None]

        def cubed(knot: Array | float) -> Array:
            return np.asarray(np.maximum((v - knot) / width, 0) ** 3)

        inner, last = t[:-2], t[-1] - t[-2]
        bent = cubed(inner) - (cubed(t[-2]) * (t[-1] - inner) / last - cubed(t[-1]) * (t[-2] - inner) / last)
        return np.hstack([v / width, bent])


Covariate = Continuous | Categorical | Spline


class Declared(Protocol):
    """How a study file declares a covariate."""

    @property
    def column(self) -> str:
        """Name in the clinical table."""

    @property
    def kind(self) -> Literal["continuous", "categorical", "spline"]:
        """How it acts."""

    @property
    def knots(self) -> tuple[float, ...]:
        """Of a spline."""


def encodings(declared: Iterable[Declared], categories: Mapping[str, Sequence[str]]) -> tuple[Covariate, ...]:
    """Covariates of a study, once the sites agree on categories.

    Parameters
    ----------
    declared : in the study file
    categories : agreed levels of the categorical ones, by column
    """

    def encoding(covariate: Declared) -> Covariate:
        match covariate.kind:
            case "categorical":
                return Categorical(covariate.column, tuple(categories[covariate.column]))
            case "spline":
                return Spline(covariate.column, covariate.knots)
            case "continuous":
                return Continuous(covariate.column)

    return tuple(encoding(covariate) for covariate in declared)


def columns(covariates: Sequence[Covariate]) -> tuple[str, ...]:
    """Names of the columns that `design` gives."""
    return tuple(name for covariate in covariates for name in covariate.columns)


def design(table: Mapping[str, NDArray[Any]], covariates: Sequence[Covariate], patients: int) -> Array:
    """Encode covariates.

    Parameters
    ----------
    table : by name, (n,) values
    covariates : agreed at enrolment; the label is never one of them unless the study says so
    patients : n, which a study without covariates needs

    Returns
    -------
    (n, q) without an intercept: the batches are the intercepts

    Raises
    ------
    HarmonizationError where a value is missing or of no agreed category.
    """
    parts = [np.empty((patients, 0))]
    for covariate in covariates:
        encoded = covariate.encode(table[covariate.name])
        missing = int((~np.isfinite(encoded).all(axis=1)).sum())
        if missing:
            raise HarmonizationError(
                f"covariate {covariate.name}: missing for {missing} of {patients} patients; complete it, "
                "leave these patients out, or leave the covariate out"
            )
        parts.append(encoded)
    return np.hstack(parts)
