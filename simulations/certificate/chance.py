"""Shuffled labels in an exactness certificate: every shuffle again, on the pooled table.

The shuffles are those that the study's seed draws at each site. A study trains logistic models of shuffled labels from
gradients alone; here they are trained with curvature, as those of the true labels.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from client.exchange.run import Run
from client.exchange.state.permuted import Shuffled
from shared.arrays import Array
from shared.results.result import Result
from shared.study.permutation_plan import base_of, shuffled_fits
from shared.study.plan import Arm, View
from shared.training.local_training import TrainedInMemory
from shared.training.progress import Learned
from shared.training.site_statistics import PatientSet
from simulations.certificate.quantity import OPTIMUM, STATISTIC, Quantity, held
from simulations.certificate.within_sites import within_sites
from simulations.pooled import Pooled

MOST = 20
"""Shuffles that are learned anew: each costs what all folds of the study cost."""


def chance(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """AUC, or concordance, of every shuffle, and the p value; empty with more than `MOST` shuffles.

    Parameters
    ----------
    result : of a run that has finished
    runs : every site's part in it
    pooled : the same study on one table
    """
    reported, study = result.chance, pooled.study
    if reported is None or len(reported.aucs) > MOST or not pooled.trained.learned.learner.exact(study.model):
        return
    labels = np.concatenate([run.part(Shuffled).labels for run in runs], axis=1)
    ours, theirs = _of_run(runs, labels), _anew(pooled, labels)
    theirs[:, ~np.isfinite(pooled.evaluated(View.CROSS_VALIDATION)[1]).all(axis=1)] = np.nan
    seen = np.isfinite(theirs)
    apart = float(np.nan_to_num(np.abs(ours - theirs)[seen], nan=np.inf).max(initial=0.0))
    unit, name = ("half range", "concordance") if study.question.endpoint.continuous else ("risk", "AUC")
    yield Quantity("predictions under shuffled labels", int(seen.any(axis=2).sum()), apart, unit, OPTIMUM)
    settled = np.where(np.abs(ours - theirs) <= OPTIMUM, ours, theirs)  # who ties in the run ties here
    reference = np.array([within_sites(risks, y, pooled) for risks, y in zip(settled, labels, strict=True)])
    reference = np.sort(reference[np.isfinite(reference)])
    yield held(f"{name} under shuffled labels", zip(reported.aucs, reference.tolist(), strict=True), name, OPTIMUM)
    observed = within_sites(pooled.evaluated(View.CROSS_VALIDATION)[1], pooled.y, pooled)
    p_value = (1 + float((reference >= observed - STATISTIC).sum())) / (1 + len(reference))
    yield held(
        f"{name} of the labels, and its p", [(reported.auc, observed), (reported.p_value, p_value)], name, OPTIMUM
    )


def _of_run(runs: Sequence[Run], labels: Array) -> Array:
    """(shuffles, n, classes) predictions of the run's models for patients who did not train them."""
    parts = []
    for run in runs:
        shuffled = run.part(Shuffled)
        exchanges = run.made(shuffled.learned.learner.step.shuffled)
        predicted = np.full((len(labels), len(run.table.y), shuffled.learned.classes), np.nan)
        for outer, fit in enumerate(shuffled.shuffles.fits[: shuffled.learned.outer]):
            if shuffled.learned.trainer(exchanges).usable[outer]:
                rows = ~run.trains(fit)
                chosen = shuffled.learned.chosen(Arm.MODEL, outer)
                predicted[fit.shuffle][rows] = shuffled.risks(exchanges, outer, chosen)[rows]
        parts.append(predicted)
    return np.concatenate(parts, axis=1)


def _anew(pooled: Pooled, labels: Array) -> Array:
    """The same on the pooled table, with everything after harmonization learned again."""
    study, fits = pooled.study, shuffled_fits(pooled.study)
    place = base_of(pooled.fits)

    def members(learned: Learned) -> PatientSet:
        del learned
        return PatientSet(
            values=lambda task: pooled.harmonized(pooled.fits[place(fits[task])]),
            source=lambda task: place(fits[task]),
            outcome=lambda fit: labels[fits[fit].shuffle],
            trains=lambda fit: pooled.trains(fits[fit]),
        )

    first = pooled.places[0].run
    trained = TrainedInMemory(study, fits, [members], len(first.table.features), first.told)
    predicted = np.full((len(labels), len(pooled.y), trained.learned.classes), np.nan)
    for outer, fit in enumerate(fits[: trained.learned.outer]):
        if trained.settled(outer):
            rows = ~pooled.trains(fit)
            predicted[fit.shuffle][rows] = trained.risks(0, outer)[rows]
    return predicted
