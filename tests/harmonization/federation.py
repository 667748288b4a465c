"""Hospitals in one process: each computes from its own patients, only sums are added up.

What the assessment of a real study exchanges, without the network: for the tests and the validation page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from harmonization import assess, joint, permutation, probe_auc, probe_forest, probe_linear
from harmonization.array import Array, Labels, Mask
from harmonization.combat import Settings, apply, effect, fit_batch
from harmonization.federated import Consensus, Totals, site_totals, solve
from harmonization.probe_forest import Forest, Size
from harmonization.products import site_products
from harmonization.sums import total

FOLDS = 5
BINS = 64


@dataclass(frozen=True)
class Hospital:
    """One site and its patients."""

    name: str
    x: Array
    z: Array
    scanner: Labels
    label: Array
    """(n, classes - 1) indicators"""


def ispy1(folder: Path) -> list[Hospital]:
    """Hospitals of the I-SPY1 radiomics table; the label looked at is hormone-receptor status."""
    table = pd.read_csv(folder / "features.csv.gz")
    features = table.columns[table.columns.str.startswith("T1_")]
    return [
        Hospital(
            name=str(name),
            x=rows[features].to_numpy(dtype=np.float64),
            z=rows[["age"]].to_numpy(dtype=np.float64),
            scanner=rows["scanner_model"].to_numpy(dtype=str),
            label=rows[["hr"]].to_numpy(dtype=np.float64),
        )
        for name, rows in table.groupby("site")
    ]


def consensus_of(hospitals: Sequence[Hospital]) -> Consensus:
    """Regression with each hospital as one batch."""
    return solve(total(site_totals(hospital.x, np.zeros(len(hospital.x)), hospital.z) for hospital in hospitals))


def harmonized(hospitals: Sequence[Hospital], settings: Settings) -> list[Hospital]:
    """Every hospital's table after ComBat."""
    consensus = consensus_of(hospitals)
    return [
        replace(
            hospital, x=apply(hospital.x, hospital.z, consensus, fit_batch(hospital.x, hospital.z, consensus, settings))
        )
        for hospital in hospitals
    ]


def on_common_scale(hospitals: Sequence[Hospital], consensus: Consensus) -> list[Array]:
    """Features about the agreed mean in agreed deviations."""
    deviation = np.sqrt(np.where(consensus.variance > 0, consensus.variance, 1.0))
    return [(hospital.x - consensus.alpha) / deviation for hospital in hospitals]


def assessment(hospitals: Sequence[Hospital], consensus: Consensus) -> assess.Assessment:
    """Site and scanner effects, covariates, label and shape, from the sum over hospitals."""
    sums = [
        assess.table_sums(
            u, assess.Patients(np.char.add(f"{hospital.name}/", hospital.scanner), hospital.z, hospital.label)
        )
        for hospital, u in zip(hospitals, on_common_scale(hospitals, consensus), strict=True)
    ]
    together = total(assess.TableSums.from_arrays(sum.arrays()) for sum in sums)
    return assess.assess(together, hospitals[0].z.shape[1])


def dealt(
    hospitals: Sequence[Hospital], seeds: Sequence[int], settings: Settings
) -> list[tuple[list[Array], list[Labels]]]:
    """Tables after ComBat on batch labels dealt anew, and those labels: a table for every deal.

    A dealt batch has patients everywhere, so it is a joined batch, and its sums are of all hospitals.
    """
    sizes = {hospital.name: len(hospital.x) for hospital in hospitals}
    deals = {hospital.name: permutation.deal(sizes, sizes, hospital.name, seeds) for hospital in hospitals}
    names = sorted(sizes)
    first = consensus_of(hospitals)
    centre_z = total_mean([hospital.z for hospital in hospitals])
    tables = []
    for index in range(len(seeds)):
        labels = [deals[hospital.name][index] for hospital in hospitals]
        parts = [
            joint.joint_totals(hospital.x, mine, hospital.z, names, first.alpha, centre_z)
            for hospital, mine in zip(hospitals, labels, strict=True)
        ]
        together = joint.within(total(parts), first.alpha, centre_z)
        everybody = Totals.from_arrays({name: values.sum(axis=0) for name, values in together.arrays().items()})
        consensus = solve(everybody)
        effects = {
            name: effect(
                Totals.from_arrays({key: values[k] for key, values in together.arrays().items()}), consensus, settings
            )
            for k, name in enumerate(names)
        }
        after = []
        for hospital, mine in zip(hospitals, labels, strict=True):
            out = hospital.x.copy()
            for name in names:
                rows = mine == name
                out[rows] = apply(hospital.x[rows], hospital.z[rows], consensus, effects[name])
            after.append(out)
        tables.append((after, labels))
    return tables


def total_mean(parts: Sequence[Array]) -> Array:
    """Mean over all patients, from sums and counts."""
    return np.asarray(sum(part.sum(axis=0) for part in parts) / sum(len(part) for part in parts))


def folds_of(labels: Sequence[Labels], seed: int) -> list[Array]:
    """Folds of every hospital, drawn at each so that every label is spread evenly over them."""
    out = []
    for index, mine in enumerate(labels):
        random = np.random.default_rng([seed, index])
        fold = np.empty(len(mine), dtype=np.intp)
        for one in np.unique(mine):
            rows = random.permutation(np.flatnonzero(mine == one))
            fold[rows] = (np.arange(len(rows)) + random.integers(FOLDS)) % FOLDS
        out.append(fold)
    return out


class Prober:
    """Guesses batch labels from tables: what is agreed once (metric, rules), then trial after trial."""

    def __init__(self, before: Sequence[Array], size: Size, seed: int, among: Mask) -> None:
        """Agree on the metric and the rules from the tables before harmonization, without labels.

        Parameters
        ----------
        before : of each hospital, (n, f) on the common scale
        size, seed : of the forest
        among : (f,) features that the probes may see
        """
        self.size, self.seed, self.among = size, seed, among
        seen = [u[:, among] for u in before]
        low, high = np.min([u.min(axis=0) for u in seen], axis=0), np.max([u.max(axis=0) for u in seen], axis=0)
        edges = np.linspace(low, high, BINS + 1, axis=1)
        histogram = sum(
            np.stack([np.histogram(column, edge)[0] for column, edge in zip(u.T, edges, strict=True)]) for u in seen
        )
        self.rules = probe_forest.draw(size, edges, np.asarray(histogram), np.random.default_rng(seed))
        self.metric = probe_linear.metric(total(site_products(u, np.zeros(len(u))) for u in seen))

    def auc(self, tables: Sequence[Array], labels: Sequence[Labels]) -> tuple[float, float]:
        """AUC of the linear probe and of the forest, cross-validated, for one table and its batch labels.

        Parameters
        ----------
        tables : of each hospital, (n, f) on the common scale
        labels : of each hospital, (n,) what is guessed
        """
        names = np.unique(np.concatenate(labels))
        seen = [u[:, self.among] for u in tables]
        numbers = [np.searchsorted(names, mine) for mine in labels]
        folds = folds_of(labels, self.seed)
        scores = []
        for grow in (self._linear, self._forest):
            counts = 0.0
            for fold in range(FOLDS):
                train = [mine != fold for mine in folds]
                guess = grow(
                    [u[rows] for u, rows in zip(seen, train, strict=True)],
                    [y[rows] for y, rows in zip(numbers, train, strict=True)],
                    len(names),
                )
                counts = counts + sum(
                    probe_auc.score_counts(guess(u[~rows]), y[~rows])
                    for u, y, rows in zip(seen, numbers, train, strict=True)
                )
            scores.append(float(probe_auc.auc(counts)))
        return scores[0], scores[1]

    def _linear(self, us: list[Array], ys: list[Array], classes: int) -> Callable[[Array], Array]:
        sums = sum(probe_linear.class_sums(u, y, classes) for u, y in zip(us, ys, strict=True))
        return probe_linear.discriminant(np.asarray(sums), self.metric).probabilities

    def _forest(self, us: list[Array], ys: list[Array], classes: int) -> Callable[[Array], Array]:
        forest = Forest.seed(self.size)
        for _ in range(self.size.depth):
            counts = sum(
                probe_forest.level_counts(u, y, classes, self.rules, forest) for u, y in zip(us, ys, strict=True)
            )
            forest = probe_forest.grow(forest, np.asarray(counts))
        return lambda u: probe_forest.probabilities(u, self.rules, forest)
