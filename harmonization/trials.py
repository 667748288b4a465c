"""All trials of the site probes at once: before and after harmonization, and after ComBat on permuted labels.

A trial is a table, what is to be guessed in it, and the fold that does not train. The tables before and after are
tried once a fold. Each permutation of labels is tried on one fold, the folds taking turns, so that as many
permutations as there are folds are scored on every patient once. All trials travel in the same exchanges: the sums of
the permuted batches, one exchange a level of the forests (the first brings the linear probe's sums along), and the
counts of scores.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harmonization import joint, probe_forest, probe_linear
from harmonization.array import Array, Rows
from harmonization.combat import BatchEffect, Settings, apply, effect
from harmonization.federated import COMPLETE, Consensus, Totals, solve, stack
from harmonization.probe_auc import auc, score_counts
from harmonization.probe_forest import Forest, Rules, Size
from harmonization.probe_linear import Discriminant
from harmonization.products import Products

BEFORE, AFTER, FIRST_PERMUTED = range(3)
"""Places on the axis of tables."""
PROBES = ("linear", "forest")
CELLS: Array = np.sinh(np.linspace(-np.arcsinh(30.0), np.arcsinh(30.0), 49))
"""Limits of the cells in which values are counted to draw thresholds, in agreed deviations; the outer ones are open."""
SCORES = 100
"""Ranges of a probe's probability in which patients are counted."""


@dataclass(frozen=True)
class Plan:
    """What is tried."""

    classes: int
    """Sites"""
    folds: int
    permutations: int
    """Of the labels of sites among all patients"""
    size: Size
    seed: int
    smallest: int
    """Fewest patients of a node that a tree divides"""

    @property
    def tables(self) -> int:
        """Before, after, and one for each permutation."""
        return FIRST_PERMUTED + self.permutations

    @cached_property
    def trials(self) -> tuple[tuple[int, int], ...]:
        """Table and fold of each trial."""
        of_tables = [(table, fold) for table in (BEFORE, AFTER) for fold in range(self.folds)]
        return (*of_tables, *((FIRST_PERMUTED + index, index % self.folds) for index in range(self.permutations)))


@dataclass(frozen=True)
class PermutedComBat:
    """ComBat on one permutation of labels."""

    consensus: Consensus
    effects: tuple[BatchEffect, ...]
    """Of each label"""


@dataclass(frozen=True)
class Grown:
    """What all sites know of the classifiers so far: the same for everybody."""

    plan: Plan
    rules: Rules
    forests: tuple[Forest, ...]
    """Of each trial"""
    linear: tuple[Discriminant, ...]
    """Of each trial; none before the first level"""


@dataclass(frozen=True)
class Patients:
    """One site's patients, as the probes see them."""

    before: Array
    """(n, f) on the common scale, NaN where missing"""
    after: Array
    z: Array
    """(n, q) covariates that ComBat keeps"""
    site: int
    """Number of the site: what is to be guessed"""
    permuted: Rows
    """(permutations, n) the same, permuted among the patients of all sites"""
    fold: Rows
    """(n,) fold that does not train from a patient"""

    def labels(self, table: int) -> Rows:
        """(n,) what is to be guessed in a table."""
        return (
            self.permuted[table - FIRST_PERMUTED] if table >= FIRST_PERMUTED else np.full(len(self.before), self.site)
        )


def permuted_totals(patients: Patients, classes: int, centre_z: Array, incomplete: Rows = COMPLETE) -> Totals:
    """Totals of one site for ComBat on every permutation: of each permuted batch, about the agreed centre.

    Parameters
    ----------
    patients : of the site
    classes : how many labels there are
    centre_z : (q,) agreed; the features' centre is the zero of the common scale
    incomplete : (m,) features that may be missing

    Returns
    -------
    With two leading axes: permutations, labels
    """
    names, centre = [str(number) for number in range(classes)], np.zeros(patients.before.shape[1])
    return stack(
        [
            joint.joint_totals(patients.before, labels.astype(str), patients.z, names, centre, centre_z, incomplete)
            for labels in patients.permuted
        ]
    )


def solve_permuted(summed: Totals, centre_z: Array, settings: Settings) -> tuple[PermutedComBat, ...]:
    """ComBat's regression and the batches' effects of every permutation, from the sums over all sites.

    Parameters
    ----------
    summed : `permuted_totals` over all sites
    centre_z : as agreed
    settings : variant of ComBat
    """
    features = COMPLETE if summed.incomplete is None else summed.incomplete.features
    batches = joint.within(summed, np.zeros(summed.sum_x.shape[-1]), centre_z).arrays()

    def solved(values: dict[str, Array]) -> PermutedComBat:
        everybody = Totals.from_arrays({name: value.sum(axis=0) for name, value in values.items()}, features)
        consensus = solve(everybody)
        labelings = range(len(values["count"]))
        of_label = [Totals.from_arrays({name: value[k] for name, value in values.items()}, features) for k in labelings]
        return PermutedComBat(consensus, tuple(effect(mine, consensus, settings) for mine in of_label))

    return tuple(solved({name: value[index] for name, value in batches.items()}) for index in range(len(summed.count)))


def tables(patients: Patients, permuted: Sequence[PermutedComBat]) -> Iterator[Array]:
    """One site's tables, one after the other: before, after, after each permutation; missing values at the mean."""
    yield np.nan_to_num(patients.before)
    yield np.nan_to_num(patients.after)
    for labels, combat in zip(patients.permuted, permuted, strict=True):
        out = patients.before.copy()
        for label, own in enumerate(combat.effects):
            rows = labels == label
            out[rows] = apply(out[rows], patients.z[rows], combat.consensus, own)
        yield np.nan_to_num(out)


def cells(u: Array) -> Array:
    """(f, cells) patients of one site by the value of a feature, on the common scale."""
    place = np.clip(np.searchsorted(CELLS, np.nan_to_num(u), side="right") - 1, 0, len(CELLS) - 2)
    return np.stack([np.bincount(column, minlength=len(CELLS) - 1) for column in place.T]).astype(np.float64)


def metric(summed: Mapping[str, Array]) -> Array:
    """(f, f) of the linear probes, from `total` and `second` of all features, and the patients of any labels."""
    count = np.asarray(summed["count"][0].sum())
    products = Products(count, summed["total"], summed["second"], np.zeros_like(summed["second"]))
    return probe_linear.metric(products)


def start(plan: Plan, counted: Array) -> Grown:
    """Draw the forests' rules; nothing is grown yet.

    Parameters
    ----------
    plan : of the study
    counted : `cells` over all sites
    """
    rules = probe_forest.draw(plan.size, CELLS, counted, np.random.default_rng(plan.seed))
    return Grown(plan, rules, (Forest.seed(plan.size),) * len(plan.trials), ())


def level_sums(patients: Patients, permuted: Sequence[PermutedComBat], grown: Grown) -> tuple[Array, Array]:
    """One site's sums to grow the next level of every forest, and those of the linear probe.

    Returns
    -------
    (trials, trees, 2^level, rules + 1, K) and (trials, K, 1 + f)
    """
    counts: dict[int, Array] = {}
    linear: dict[int, Array] = {}
    for table, u in enumerate(tables(patients, permuted)):
        labels = patients.labels(table)
        for trial, fold in _of_table(grown.plan, table):
            rows = patients.fold != fold
            seen = u[rows], labels[rows], grown.plan.classes
            counts[trial] = probe_forest.level_counts(*seen, grown.rules, grown.forests[trial], grown.plan.smallest)
            linear[trial] = probe_linear.class_sums(*seen)
    trials = range(len(grown.plan.trials))
    return np.stack([counts[trial] for trial in trials]), np.stack([linear[trial] for trial in trials])


def grow(grown: Grown, counts: Array, linear: Array | None, metric: Array) -> Grown:
    """Add a level to every forest; the first time, solve the linear probes as well.

    Parameters
    ----------
    grown : so far
    counts, linear : `level_sums` over all sites; the linear ones of the first level
    metric : of the linear probes
    """
    plan = grown.plan
    forests = tuple(
        probe_forest.grow(forest, counted, plan.smallest) for forest, counted in zip(grown.forests, counts, strict=True)
    )
    solved = grown.linear if linear is None else tuple(probe_linear.discriminant(means, metric) for means in linear)
    return Grown(plan, grown.rules, forests, solved)


def scored(patients: Patients, permuted: Sequence[PermutedComBat], grown: Grown) -> Array:
    """(tables, probes, K, 2, SCORES) one site's counts of what the probes give to patients who did not train them."""
    plan = grown.plan
    counts = np.zeros((plan.tables, len(PROBES), plan.classes, 2, SCORES))
    for table, u in enumerate(tables(patients, permuted)):
        labels = patients.labels(table)
        for trial, fold in _of_table(plan, table):
            rows = patients.fold == fold
            linear = grown.linear[trial].probabilities(u[rows])
            forest = probe_forest.probabilities(u[rows], grown.rules, grown.forests[trial])
            for probe, given in enumerate((linear, forest)):
                counts[table, probe] += score_counts(given, labels[rows], SCORES)
    return counts


def areas(plan: Plan, counts: Array) -> tuple[Array, Array]:
    """How well the site is guessed.

    Parameters
    ----------
    plan : of the study
    counts : `scored` over all sites

    Returns
    -------
    (before and after, probes) areas under the curve; (groups, probes) the same after permuted labels, as many
    permutations together as there are folds
    """
    groups = plan.permutations // plan.folds
    permuted = counts[FIRST_PERMUTED : FIRST_PERMUTED + groups * plan.folds]
    together = permuted.reshape(groups, plan.folds, *permuted.shape[1:]).sum(axis=1)
    return auc(counts[:FIRST_PERMUTED]), auc(together)


def _of_table(plan: Plan, table: int) -> Iterator[tuple[int, int]]:
    return ((trial, fold) for trial, (of, fold) in enumerate(plan.trials) if of == table)
