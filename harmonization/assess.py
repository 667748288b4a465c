"""What harmonisation did to a table, from sums: site and scanner effects, covariates, label, awkward features.

Sites send the same sums of the table before and of the table after; both are judged alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from harmonization.array import Array, Labels, Mask
from harmonization.federated import Totals, site_totals, solve
from harmonization.shape import Shape, ShapeSums, shape, shape_sums
from harmonization.sums import Sums
from harmonization.variation import (
    GroupSums,
    Test,
    anova,
    bonferroni,
    deviations,
    effect_of_covariates,
    false_discovery,
    group_sums,
)


@dataclass(frozen=True)
class Patients:
    """What the assessment needs to know of a site's patients."""

    scanner: Labels
    """(n,)"""
    z: Array
    """(n, q) covariates"""
    label: Array
    """(n, classes - 1) indicators of the classes after the first; looked at, never harmonised for"""


@dataclass(frozen=True)
class TableSums:
    """Sums over the patients of one table; those of sites add up."""

    site_means: GroupSums
    site_spreads: GroupSums
    """Of distances from the group's median"""
    scanner_means: GroupSums
    scanner_spreads: GroupSums
    covariates: Totals
    """Centred within scanners"""
    label: Totals
    """The label in the place of the covariates"""
    shape: ShapeSums

    def __add__(self, other: Self) -> Self:
        """Sum over the patients of both."""
        return type(self)(
            **{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        )

    def arrays(self) -> dict[str, Array]:
        """Flatten to named arrays, as they travel."""
        parts: dict[str, Sums] = {field.name: getattr(self, field.name) for field in fields(self)}
        return {f"{name}_{inner}": values for name, part in parts.items() for inner, values in part.arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Invert `arrays`; other names are left aside."""
        kinds: dict[str, type[Sums]] = {"covariates": Totals, "label": Totals, "shape": ShapeSums}
        parts: dict[str, Any] = {
            field.name: kinds.get(field.name, GroupSums).from_arrays(
                {
                    name.removeprefix(f"{field.name}_"): values
                    for name, values in arrays.items()
                    if name.startswith(f"{field.name}_")
                }
            )
            for field in fields(cls)
        }
        return cls(**parts)


@dataclass(frozen=True)
class Assessment:
    """What was found in one table. Tests are of every feature."""

    site_means: Test
    site_spreads: Test
    scanner_means: Test
    scanner_spreads: Test
    covariates: Test | None
    """Within scanners; of all covariates together; None without any"""
    label: Test
    """Within scanners"""
    shape: Shape


@dataclass(frozen=True)
class Differing:
    """How many features a test calls different."""

    bonferroni: int
    false_discovery: int


def table_sums(u: Array, patients: Patients) -> TableSums:
    """Sums of one site.

    Parameters
    ----------
    u : (n, f) features about the agreed mean in agreed deviations (the consensus' alpha and variance)
    patients : the n patients

    Raises
    ------
    HarmonizationError if a value is missing.
    """
    site = np.zeros(len(u), dtype=np.int64)
    centre = np.zeros(u.shape[1])
    return TableSums(
        site_means=group_sums(u, site, centre),
        site_spreads=group_sums(deviations(u, site), site, centre),
        scanner_means=group_sums(u, patients.scanner, centre),
        scanner_spreads=group_sums(deviations(u, patients.scanner), patients.scanner, centre),
        covariates=site_totals(u, patients.scanner, patients.z),
        label=site_totals(u, patients.scanner, patients.label),
        shape=shape_sums(u, patients.scanner),
    )


def assess(sums: TableSums) -> Assessment:
    """Judge one table.

    Parameters
    ----------
    sums : over all sites
    """
    scanners = sums.scanner_means.groups.max()
    return Assessment(
        site_means=anova(sums.site_means),
        site_spreads=anova(sums.site_spreads),
        scanner_means=anova(sums.scanner_means),
        scanner_spreads=anova(sums.scanner_spreads),
        covariates=_within(sums.covariates, scanners) if sums.covariates.sum_z.shape[-1] else None,
        label=_within(sums.label, scanners),
        shape=shape(sums.shape),
    )


def _within(totals: Totals, batches: Array) -> Test:
    return effect_of_covariates(totals, solve(totals).beta, batches)


def differing(test: Test, among: Mask | None = None) -> Differing:
    """Count the features that differ.

    Parameters
    ----------
    test : of every feature
    among : (f,) those to look at, if not all
    """
    p = test.p if among is None else test.p[among]
    return Differing(int(bonferroni(p).sum()), int(false_discovery(p).sum()))
