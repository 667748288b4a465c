"""What harmonization did to a table, from sums: site and scanner effects, covariates, label, awkward features.

Sites send the same sums of the table before and of the table after; both are judged alike.
"""

from dataclasses import dataclass

import numpy as np

from harmonization.array import Array, Labels, Mask, Rows
from harmonization.errors import RankDeficientError
from harmonization.federated import COMPLETE, Totals, site_totals, solve
from harmonization.incomplete import Incomplete
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

GROUPINGS = ("site", "scanner")
"""How patients are grouped: the axis `groupings` of the sums."""
TESTED = ("mean", "spread")
"""What is compared between groups, a spread by the distances from the group's median: the axis `tested`."""
POWERS = 3
"""Powers of a feature that are added up for its skewness: the axis `powers`."""


@dataclass(frozen=True)
class Patients:
    """What the assessment needs to know of a site's patients."""

    scanner: Labels
    """(n,)"""
    z: Array
    """(n, q) covariates"""
    label: Array
    """(n, classes - 1) indicators of the classes after the first; looked at, never harmonized for"""


@dataclass(frozen=True)
class TableSums(Sums):
    """Sums over the patients of one table; those of sites add up. May carry leading axes (before, after)."""

    groups: Array
    """(..., groupings, f) groups with a value of the feature"""
    values: Array
    """(..., f) patients with a value"""
    shift: Array
    """(..., groupings, tested, f) sum over patients of what is compared"""
    between: Array
    """(..., groupings, tested, f) sum over groups of n mean^2"""
    within: Array
    """(..., groupings, tested, f) sum over patients of (value - mean of the group)^2"""
    szz: Array
    """(..., q + classes - 1, q + classes - 1) products of covariates and label, centred within scanners"""
    own_szz: Array
    """(..., m, q + classes - 1, q + classes - 1) the same over the patients who have each of m incomplete features"""
    szx: Array
    """(..., q + classes - 1, f) products of those with the features, centred within scanners"""
    powers: Array
    """(..., 3, f) sums of the first three powers"""
    tied: Array
    """(..., f) patients at the most frequent value of their scanner, where two or more have it"""


@dataclass(frozen=True)
class Assessment:
    """What was found in one table. Tests are of every feature."""

    site_means: Test
    site_spreads: Test
    scanner_means: Test
    scanner_spreads: Test
    covariates: Test | None
    """Within scanners; of all covariates together; None without any, or where the scanner settles them"""
    label: Test | None
    """Within scanners; None where no scanner saw two classes"""
    shape: Shape


@dataclass(frozen=True)
class Differing:
    """How many features a test calls different."""

    bonferroni: int
    false_discovery: int


def table_sums(u: Array, patients: Patients, incomplete: Rows = COMPLETE) -> TableSums:
    """Sums of one site.

    Parameters
    ----------
    u : (n, f) features about the agreed mean in agreed deviations (the consensus' alpha and variance)
    patients : the n patients
    incomplete : (m,) features that may be missing (NaN)

    Raises
    ------
    HarmonizationError if a value is missing in a feature that is not listed.
    """
    centre = np.zeros(u.shape[1])
    of_group = [
        [group_sums(values, group, centre) for values in (u, deviations(u, group))]
        for group in (np.zeros(len(u), dtype=np.int64), patients.scanner)
    ]
    beside = np.hstack([patients.z, patients.label])
    totals = site_totals(u, patients.scanner, beside, incomplete)
    own = totals.incomplete
    form = shape_sums(u, patients.scanner)
    return TableSums(
        groups=np.stack([means.groups for means, _ in of_group]),
        values=form.count,
        shift=np.array([[one.shift for one in grouping] for grouping in of_group]),
        between=np.array([[one.between for one in grouping] for grouping in of_group]),
        within=np.array([[one.within for one in grouping] for grouping in of_group]),
        szz=totals.szz,
        own_szz=np.zeros((0, *totals.szz.shape)) if own is None else own.szz,
        szx=totals.szx,
        powers=np.stack([form.first, form.second, form.third]),
        tied=form.tied,
    )


def assess(sums: TableSums, covariates: int, incomplete: Rows = COMPLETE) -> Assessment:
    """Judge one table.

    Parameters
    ----------
    sums : over all sites
    covariates : q, how many columns come before the label's
    incomplete : (m,) features that may be missing
    """
    (site_means, site_spreads), (scanner_means, scanner_spreads) = (
        [anova(_group_sums(sums, grouping, tested)) for tested in range(len(TESTED))]
        for grouping in range(len(GROUPINGS))
    )
    first, second, third = sums.powers
    return Assessment(
        site_means=site_means,
        site_spreads=site_spreads,
        scanner_means=scanner_means,
        scanner_spreads=scanner_spreads,
        covariates=_within_scanners(sums, slice(covariates), incomplete),
        label=_within_scanners(sums, slice(covariates, None), incomplete),
        shape=shape(ShapeSums(sums.values, first, second, third, sums.tied)),
    )


def _group_sums(sums: TableSums, grouping: int, tested: int) -> GroupSums:
    parts = (one[grouping, tested] for one in (sums.shift, sums.between, sums.within))
    return GroupSums(sums.groups[grouping], sums.values, *parts)


def _within_scanners(sums: TableSums, columns: slice, incomplete: Rows) -> Test | None:
    """F test of some columns together beyond the scanners; None where these columns say nothing of their own."""
    szz, szx = sums.szz[columns, columns], sums.szx[columns]
    if not len(szz):
        return None
    of_own = sums.own_szz[:, columns, columns]
    nothing = np.zeros(of_own.shape[:2])
    totals = Totals(
        count=sums.values.max(),
        sum_x=sums.powers[0],
        sum_z=np.zeros(len(szz)),
        szz=szz,
        szx=szx,
        sxx=sums.within[GROUPINGS.index("scanner"), TESTED.index("mean")],
        incomplete=Incomplete(incomplete, sums.values[incomplete], nothing, of_own) if len(incomplete) else None,
    )
    try:
        return effect_of_covariates(totals, solve(totals).beta, sums.groups[GROUPINGS.index("scanner")])
    except RankDeficientError:
        return None


def differing(test: Test, among: Mask | None = None) -> Differing:
    """Count the features that differ.

    Parameters
    ----------
    test : of every feature
    among : (f,) those to look at, if not all
    """
    p = test.p if among is None else test.p[among]
    return Differing(int(bonferroni(p).sum()), int(false_discovery(p).sum()))
