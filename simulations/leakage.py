"""Audit of leaks across folds: whether patients whom a fit leaves out influence its model.

The study is run once as it is, then again for every fold and every left-out site, with the features of its left-out
patients exchanged between the classes; nothing else changes. A model that never saw them stays the same; one that saw
them, through selection, harmonization, tuning or training, does not. The
tables are those of whoever runs the audit, so it belongs to simulations and pooled data.

Reference: Kapoor and Narayanan, Patterns 4 (2023) 100804, for the kinds of leakage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from client.approval import approval
from client.exchange.run import Run
from client.exchange.state.learning import Learning
from client.site.site_file import Site
from client.site.tables import of_site
from shared.arrays import Array
from shared.errors import Code, MrfedError
from shared.study.plan import Fit, feature_arms, outer_fits
from shared.study.study import Study
from simulations.simulate import simulate

TOLERANCE = 1e-6
"""Largest change of a coefficient, relative to the largest one, that counts as none."""


@dataclass(frozen=True)
class Audited:
    """A fit whose left-out patients were exchanged between the classes.

    Attributes
    ----------
    fit : its name
    change : largest of what a feature adds in its model, relative to the largest; infinite where other features entered
    """

    fit: str
    change: float

    @property
    def leaks(self) -> bool:
        """Whether its left-out patients influence its model."""
        return not self.change <= TOLERANCE


def audit(
    study: Study, sites: list[Site], folder: Path, on_fit: Callable[[str], None] = lambda _: None
) -> list[Audited]:
    """Run the study once more for every outer fit.

    Parameters
    ----------
    study : with ready feature tables
    sites : of it
    folder : empty; the runs are kept there
    on_fit : called with the name of every fit before its run

    Raises
    ------
    MrfedError (`STUDY_INVALID`) where the study prepares images: its features are not in a table that can be changed.
    """
    if study.imaging is not None:
        raise MrfedError(Code.STUDY_INVALID, f"{study.name}: the audit takes ready feature tables; leave imaging out")
    on_fit("the study as it is")
    before = _Trained.of(study, _elsewhere(sites, folder / "as-it-is", {}), folder / "as-it-is")
    findings = []
    for index, fit in enumerate(outer_fits(study, study.federation.sites)):
        if fit.view is None:
            continue
        on_fit(fit.name)
        turned = {run.site.name: _turned(run, fit) for run in before.runs}
        own = folder / fit.name
        after = _Trained.of(study, _elsewhere(sites, own, turned), own)
        findings.append(Audited(fit.name, max(_change(before, after, index))))
    return findings


@dataclass(frozen=True)
class _Trained:
    """A run that has ended, seen from its sites."""

    runs: list[Run]
    exchanges: int

    @classmethod
    def of(cls, study: Study, sites: list[Site], folder: Path) -> "_Trained":
        result = simulate(study, sites, folder / "coordinator")
        approved = [approval.latest(site.workspace, study.digest) for site in sites]
        runs = [
            Run(site, latest, "simulation") for site, latest in zip(sites, approved, strict=True) if latest is not None
        ]
        assert result.model is not None
        return cls(runs, result.model.training.iterations)

    def models(self, outer: int) -> Iterator[tuple[Array, Array]]:
        """Of every arm in an outer fit: features, and what each adds at the penalty that the fit chose."""
        learned = self.runs[0].part(Learning).learned
        coefficients = learned.trainer(self.exchanges).coefficients
        for number, arm in enumerate(feature_arms(learned.study)):
            task = number * len(learned.fits) + outer
            chosen = learned.selected[task]
            vector = coefficients[task, learned.chosen(arm, outer)]
            intercept, weights = learned.learner.shown(vector, len(chosen), learned.classes)
            yield chosen[chosen >= 0], np.array([intercept, *weights[: (chosen >= 0).sum()]])


def _change(before: _Trained, after: _Trained, outer: int) -> Iterator[float]:
    for (features, model), (features_after, model_after) in zip(before.models(outer), after.models(outer), strict=True):
        if not np.array_equal(features, features_after):
            yield float("inf")
        else:
            yield float(np.abs(model - model_after).max() / max(np.abs(model).max(), np.finfo(float).tiny))


def _turned(run: Run, fit: Fit) -> pd.DataFrame:
    """The site's table, the features of left-out patients exchanged between its first class and the others.

    Of a number, between those of the least and of the largest values.
    """
    table, site = run.table, run.site
    assert site.data.features is not None
    rows = of_site(site.data.features, site)
    place = {str(patient): row for row, patient in enumerate(rows[site.columns.patient])}
    names = list(table.features)
    values = rows[names].to_numpy(dtype=np.float64)
    left_out = ~run.trains(fit) if fit.judges(site.name) else np.zeros(len(table.y), dtype=bool)
    first, second = (np.flatnonzero(left_out & side) for side in (table.y == 0, table.y > 0))
    if run.study.question.endpoint.continuous:
        ordered = np.argsort(table.y, kind="stable")
        ordered = ordered[left_out[ordered]]
        first, second = ordered[: len(ordered) // 2], ordered[::-1]
    turned = values.copy()
    for first_row, second_row in zip(first, second, strict=False):
        first_place, second_place = place[str(table.patients[first_row])], place[str(table.patients[second_row])]
        turned[first_place], turned[second_place] = values[second_place], values[first_place]
    rows[names] = turned
    return rows


def _elsewhere(sites: list[Site], folder: Path, tables: dict[str, pd.DataFrame]) -> list[Site]:
    """The same sites with workspaces of their own, and the changed tables."""
    moved = []
    for site in sites:
        own = folder / site.name
        own.mkdir(parents=True)
        changes: dict[str, object] = {"workspace": own / "workspace"}
        if site.name in tables:
            tables[site.name].to_csv(own / "features.csv", index=False)
            changes["data"] = site.data.model_copy(update={"features": own / "features.csv"})
        moved.append(site.model_copy(update=changes))
    return moved
