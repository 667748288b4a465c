"""Risks of pooled patients by the fits that evaluate them, and the thresholds of their calls.

A risk is that of the pooled table, with the run's last digits where the two agree: patients who tie in a run tie here,
and a patient on a threshold is called alike. Of what pooling does not have, it is the run's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.study.plan import Arm, View
from simulations.certificate.baseline_models import Baselines
from simulations.certificate.classes.measures import cells
from simulations.certificate.quantity import OPTIMUM, Quantity
from simulations.pooled import Pooled


@dataclass(frozen=True)
class Patients:
    """Who is evaluated at one site, for one class against the others.

    Attributes
    ----------
    risk : (n,)
    positive : (n,) whether a patient is of the class
    called : (n,) whether her risk reaches the threshold of the fit that evaluates her
    """

    risk: Array
    positive: Array
    called: Array


Sites = dict[str, Patients]
"""Whom each site evaluates."""


class JudgedRisks:
    """What every arm predicts of pooled patients.

    Parameters
    ----------
    runs : every site's part in a run
    pooled : the same study on one table
    """

    def __init__(self, runs: Sequence[Run], pooled: Pooled) -> None:
        self._runs, self._pooled = runs, pooled
        self._baselines = Baselines(pooled)
        self._least = max(pooled.study.privacy.minimum_patients, 2)
        self._known: dict[tuple[Arm, View, int], Array] = {}
        self._thresholds: dict[tuple[Arm, int, int], Array] = {}

    def risks(self, arm: Arm, view: View, repeat: int = 0) -> Array:
        """(n, classes) of every patient who is evaluated; NaN of the others."""
        key = (arm, view, repeat)
        if key not in self._known:
            theirs = self._ours(arm, view, repeat)
            if self._baselines.has(arm):
                theirs = _settled(theirs, self._baselines.unseen(arm, view, repeat))
            self._known[key] = theirs
        return self._known[key]

    def apart(self, arms: Sequence[Arm], view: View, repeats: Sequence[int], name: str) -> Quantity:
        """Largest difference of the run's risks from those of the pooled table, of arms that pooling has."""
        compared, worst = 0, 0.0
        for arm in arms:
            for repeat in repeats if self._baselines.has(arm) else ():
                ours, theirs = self._ours(arm, view, repeat), self._baselines.unseen(arm, view, repeat)
                seen = np.isfinite(ours) | np.isfinite(theirs)
                off = np.abs(ours[seen] - theirs[seen])
                compared += int(seen.any(axis=1).sum())
                # a patient whom only one of the two evaluates is as far as can be
                worst = max(worst, float(np.nan_to_num(off, nan=np.inf).max(initial=0.0)))
        return Quantity(f"{name}, {view}", compared, worst, "risk", OPTIMUM)

    def patients(self, arm: Arm, view: View, target: int, repeat: int = 0) -> Sites:
        """Patients whom each site evaluates; empty for a site that evaluates nobody."""
        risks, called = self.risks(arm, view, repeat), self._called(arm, view, target, repeat)
        by_site = {}
        for place in self._pooled.places:
            seen = np.isfinite(risks[place.rows]).all(axis=1)
            y = self._pooled.y[place.rows][seen]
            by_site[place.run.site.name] = Patients(
                risks[place.rows][seen, target], y == target, called[place.rows][seen]
            )
        return by_site

    def shown(self, patients: Patients) -> bool:
        """Whether a site has enough patients of both classes to report their numbers."""
        return min(int(patients.positive.sum()), int((~patients.positive).sum())) >= self._least

    def threshold(self, arm: Arm, outer: int, target: int) -> Array:
        """(n,) of an outer fit, for the patients of each site: one for all sites, but of each site alone its own."""
        key = (arm, outer, target)
        if key not in self._thresholds:
            self._thresholds[key] = self._chosen(arm, outer, target)
        return self._thresholds[key]

    def _chosen(self, arm: Arm, outer: int, target: int) -> Array:
        pooled = self._pooled
        risk = np.concatenate([run.part(Judgement).risks(arm, outer, training=True) for run in self._runs])
        if self._baselines.has(arm) and pooled.trained.settled(outer):
            risk = _settled(risk, self._baselines.predicted(arm, outer, training=True))
        rows = pooled.trains(pooled.fits[outer]) & np.isfinite(risk).all(axis=1)
        thresholds, bins = np.empty(len(rows)), pooled.study.evaluation.score_bins
        groups = [place.rows for place in pooled.places] if arm is Arm.ALONE else [slice(None)]
        for group in groups:
            trained = rows[group]
            thresholds[group] = _youden(risk[group][trained, target], pooled.y[group][trained] == target, bins)
        return thresholds

    def _called(self, arm: Arm, view: View, target: int, repeat: int) -> Array:
        pooled, risk = self._pooled, self.risks(arm, view, repeat)[:, target]
        limits = np.full(len(risk), 0.5)
        for outer, fit in enumerate(pooled.fits[: pooled.trained.learned.outer]):
            if not fit.evaluated_in(view, repeat):
                continue
            for place in pooled.places:
                if fit.judges(place.run.site.name):
                    rows = ~place.run.trains(fit)
                    limits[place.rows][rows] = self.threshold(arm, outer, target)[place.rows][rows]
        return np.asarray(risk >= limits)

    def _ours(self, arm: Arm, view: View, repeat: int) -> Array:
        return np.concatenate([run.part(Judgement).evaluated(arm, view, repeat)[1] for run in self._runs])


def joined(sites: Sites) -> tuple[Array, Array]:
    """Risks of the patients of all sites, and whether each is of the class."""
    risk, positive = ([getattr(site, name) for site in sites.values()] for name in ("risk", "positive"))
    return np.concatenate(risk), np.concatenate(positive)


def _settled(ours: Array, theirs: Array) -> Array:
    return np.where(np.abs(ours - theirs) <= OPTIMUM, ours, theirs)


def _youden(risk: Array, positive: Array, bins: int) -> float:
    """Threshold of the grid with the largest sensitivity + specificity, the lowest of equal ones; 1/2 without both."""
    if not positive.any() or positive.all():
        return 0.5
    reached = cells(risk, bins)[:, None] >= np.arange(bins + 1)
    right, wrong = reached[positive].sum(axis=0), reached[~positive].sum(axis=0)
    # over the common denominator, in whole numbers: equal ones are equal
    return int(np.argmax(right * int((~positive).sum()) - wrong * int(positive.sum()))) / bins
