"""An exactness certificate's evaluation of classes, against scikit-learn, SciPy and numpy on pooled patients."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, confusion_matrix, recall_score, roc_auc_score

from client.exchange.run import Run
from shared.arrays import Array
from shared.models.registry import learner_of
from shared.results.evaluation import Called, ClassCalls, Recalibrated, ViewEvaluation
from shared.results.result import Result
from shared.sections.vendors import NAMES, vendor_of
from shared.study.plan import Arm, targets
from simulations.certificate.classes.judged_risks import JudgedRisks, Patients, Sites, joined
from simulations.certificate.classes.measures import (
    bound,
    calibration_points,
    cells,
    influence,
    ranked,
    recalibrated,
    variance,
)
from simulations.certificate.classes.within_sites import (
    chance,
    limits,
    newcombe,
    resamples,
    score_limits,
    within,
)
from simulations.certificate.quantity import OPTIMUM, SLOPE, STATISTIC, Held, Quantity, held
from simulations.pooled import Pooled

_Measure = tuple[str, Callable[[ViewEvaluation, Sites], Iterator[Held]], str, float]
"""Its name, what it says, its unit, and the largest difference that counts as equal."""


def evaluation(result: Result, runs: Sequence[Run], pooled: Pooled, judged: JudgedRisks) -> Iterator[Quantity]:
    """The result's numbers about the model's risks and calls, in every view, for each class that is evaluated.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    judged : risks of pooled patients
    """
    model, bins = pooled.study.model, pooled.study.evaluation.score_bins
    on_grid: tuple[_Measure, ...] = (
        ("AUC, precision, ROC and benefit on the grid", partial(_pooled, bins=bins), "relative", STATISTIC),
        ("calibration of all on the grid", partial(_calibrated, bins=bins), "relative", SLOPE),
    )
    for view in dict.fromkeys(line.view for line in result.evaluations):
        if learner_of(model).exact(model):
            yield judged.apart([Arm.MODEL], view, [0], "risks of patients")
        of_view = [line for line in result.evaluations if line.view is view]
        sites = [judged.patients(Arm.MODEL, view, target) for target in targets(pooled.study)]
        for name, measure, unit, tolerance in (*_MEASURES, *on_grid):
            pairs = [pair for evaluated, own in zip(of_view, sites, strict=True) for pair in measure(evaluated, own)]
            # an interval is of a frozen model, and a small site hides what it has
            if any(reported is not None for reported, _ in pairs):
                yield held(f"{name}, {view}", pairs, unit, tolerance)
        repeats = range(1 if view.frozen else pooled.study.evaluation.repeats)
        pairs = []
        for reported, target in zip(of_view, targets(pooled.study), strict=True):
            every = [judged.patients(Arm.MODEL, view, target, repeat) for repeat in repeats]
            pairs += _within(reported, every, pooled, judged)
        yield held(f"AUC within sites and its limits, {view}", pairs, "AUC", STATISTIC)
    for calls in result.class_calls:
        confused = _confused(calls, runs, pooled, judged)
        yield held(f"confusion and recalls, {calls.view}", confused, "relative", STATISTIC)


def _of_sites(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    for site in evaluated.sites:
        u, pairs = ranked(sites[site.site].risk, sites[site.site].positive)
        yield site.auc, u / max(pairs, 1)


def _within(reported: ViewEvaluation, repeats: Sequence[Sites], pooled: Pooled, judged: JudgedRisks) -> Iterator[Held]:
    """Over all sites, the mean over repetitions."""
    first, index = repeats[0], float(np.mean([within(sites) for sites in repeats]))
    pairs = sum(ranked(patients.risk, patients.positive)[1] for patients in first.values())
    yield reported.stratified.auc, index
    yield reported.stratified.pairs, float(pairs)
    yield from zip(
        (reported.stratified.chance_low, reported.stratified.chance_high),
        chance(first, reported.view, judged),
        strict=True,
    )
    if reported.stratified.interval is not None:
        limits_reported = reported.stratified.interval.low, reported.stratified.interval.high
        yield from zip(limits_reported, limits(repeats, reported.view, judged, resamples(first, pooled)), strict=True)


def _beyond(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    """How far the AUC of binned risks lies from the exact one, beyond its stated bound."""
    risk, positive = joined(sites)
    if evaluated.pooled.auc is not None and evaluated.pooled.auc_bound is not None:
        yield (
            max(abs(float(roc_auc_score(positive, risk)) - evaluated.pooled.auc) - evaluated.pooled.auc_bound, 0.0),
            0.0,
        )


def _brier(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    risk, positive = joined(sites)
    yield evaluated.pooled.brier, brier_score_loss(positive, risk)
    for site in evaluated.sites:
        if site.brier is not None:
            yield site.brier, brier_score_loss(sites[site.site].positive, sites[site.site].risk)


def _slopes(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    for site in evaluated.sites:
        if site.recalibration.intercept is not None:
            yield from _bent(site.recalibration, sites[site.site].risk, sites[site.site].positive)


def _bent(reported: Recalibrated, risk: Array, positive: Array) -> Iterator[Held]:
    """Numbers larger than one are compared relative to their size."""
    names = (reported.slope, reported.slope_standard_error, reported.intercept, reported.intercept_standard_error)
    for value, expected in zip(names, recalibrated(risk, positive), strict=True):
        yield None if value is None else value / max(1.0, abs(expected)), expected / max(1.0, abs(expected))


def _calls(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    for site in evaluated.sites:
        if site.called is not None:
            yield from of_calls(site.called, [sites[site.site]])


def of_calls(calls: Called, patients: Sequence[Patients]) -> Iterator[Held]:
    """Patients by class and call, and the share of each class that is called correctly."""
    positive, called = (np.concatenate([getattr(site, name) for site in patients]) for name in ("positive", "called"))
    ((tn, fp), (fn, tp)) = confusion_matrix(positive, called, labels=[False, True]).tolist()
    counts = (calls.true_negatives, calls.false_positives, calls.false_negatives, calls.true_positives)
    yield from zip(counts, map(float, (tn, fp, fn, tp)), strict=True)
    yield calls.sensitivity, recall_score(positive, called, zero_division=np.nan)
    yield calls.specificity, recall_score(~positive, ~called, zero_division=np.nan)


def _pooled(of_view: ViewEvaluation, sites: Sites, bins: int) -> Iterator[Held]:
    """Numbers counted on the grid of scores, exact at its thresholds."""
    pooled, (risk, positive) = of_view.pooled, joined(sites)
    yield from zip((pooled.patients, pooled.positives), (float(len(risk)), float(positive.sum())), strict=True)
    if not positive.any() or positive.all():
        return
    cell, n = cells(risk, bins), len(risk)
    yield pooled.auc, roc_auc_score(positive, cell)
    yield pooled.auc_bound, bound(cell, positive)

    def reached(threshold: float) -> tuple[float, float]:
        """Patients of the class, and others, whose risk reaches a threshold of the grid."""
        called = cell >= round(threshold * bins)
        return float((called & positive).sum()), float((called & ~positive).sum())

    if (roc := pooled.roc) is not None:
        for limit, false, true in zip(roc.threshold, roc.false_positive_rate, roc.true_positive_rate, strict=True):
            right, wrong = (0.0, 0.0) if limit is None else reached(limit)
            yield false, wrong / float((~positive).sum())
            yield true, right / float(positive.sum())
    if (curve := pooled.precision_recall) is not None:
        yield curve.average_precision, average_precision_score(positive, cell)
        for limit, precision, recall in zip(curve.threshold, curve.precision, curve.recall, strict=True):
            right, wrong = reached(limit)
            yield precision, right / max(right + wrong, 1.0)
            yield recall, right / float(positive.sum())
    if (benefit := pooled.benefit) is not None:
        for limit, model, everybody in zip(benefit.threshold, benefit.model, benefit.treat_all, strict=True):
            (right, wrong), odds = reached(limit), limit / (1 - limit)
            # odds grow beyond all bounds towards one
            yield model / max(1.0, odds), (right - wrong * odds) / n / max(1.0, odds)
            yield everybody / max(1.0, odds), (positive.sum() - (~positive).sum() * odds) / n / max(1.0, odds)


def _calibrated(of_view: ViewEvaluation, sites: Sites, bins: int) -> Iterator[Held]:
    """Calibration with each patient at the middle of her cell."""
    pooled, (risk, positive) = of_view.pooled, joined(sites)
    cell = cells(risk, bins)
    yield from _bent(pooled.recalibration, (cell + 0.5) / bins, positive)
    points, expected = pooled.calibration, calibration_points(cell, positive, bins)
    curve = zip(points.patients, points.predicted, points.observed, points.low, points.high, strict=True)
    for point, reference in zip(curve, expected, strict=True):
        yield from zip(map(float, point), reference, strict=True)


def _intervals(evaluated: ViewEvaluation, sites: Sites) -> Iterator[Held]:
    """Of each site under a model that was frozen before it met its patients."""
    for site in evaluated.sites:
        if site.interval is not None:
            risk, positive = sites[site.site].risk, sites[site.site].positive
            (u, pairs), spread = ranked(risk, positive), variance(*influence(risk, positive))
            every, index = [(pairs, len(risk))], u / pairs
            expected = newcombe(index, every)
            times = max(spread / expected, 1.0) if expected > 0 else 1.0
            yield from zip((site.interval.low, site.interval.high), score_limits(index, every, times), strict=True)


def _confused(calls: ClassCalls, runs: Sequence[Run], pooled: Pooled, judged: JudgedRisks) -> Iterator[Held]:
    """Patients by class and call of all, and the recalls of all, of each site and of each make of scanner."""
    risks = judged.risks(Arm.MODEL, calls.view)
    seen = np.isfinite(risks).all(axis=1)
    if risks.shape[1] == 2:
        of_sites = judged.patients(Arm.MODEL, calls.view, 1).values()
        called = np.concatenate([site.called for site in of_sites]).astype(int)
    else:
        called = risks[seen].argmax(axis=1)
    y, classes, least = pooled.y[seen].astype(int), list(range(risks.shape[1])), pooled.study.privacy.minimum_patients
    site = np.concatenate([[run.site.name] * len(run.table.y) for run in runs])[seen]
    make = np.concatenate([[NAMES[vendor_of(scanner)] for scanner in run.table.scanner] for run in runs])[seen]
    matrix = confusion_matrix(y, called, labels=classes)
    if calls.matrix:  # else the counts of a site that hides them would follow
        yield from zip(map(float, np.ravel(calls.matrix)), map(float, matrix.ravel()), strict=True)
    of_groups = [(group, site) for group in calls.sites] + [(group, make) for group in calls.vendors]
    for group_calls, groups, hidden in [(calls.overall, None, 0), *((group, by, least) for group, by in of_groups)]:
        rows = np.ones(len(y), dtype=bool) if groups is None else groups == group_calls.where
        for label in classes:
            of_label = rows & (y == label)
            if groups is make:  # too few of a make are left out at each site
                of_label &= np.isin(
                    site, [name for name in np.unique(site) if (of_label & (site == name)).sum() >= hidden]
                )
            count = int(of_label.sum()) if of_label.sum() >= hidden else 0
            if group_calls.patients[label]:
                yield float(group_calls.patients[label]), float(count)
            if count:
                yield group_calls.recall[label], float((called[of_label] == label).mean())


_MEASURES: tuple[_Measure, ...] = (
    ("AUC of each site", _of_sites, "AUC", STATISTIC),
    ("pooled AUC beyond its bound", _beyond, "AUC", STATISTIC),
    ("Brier score", _brier, "squared risk", OPTIMUM),
    ("calibration slope and intercept of sites", _slopes, "relative", SLOPE),
    ("calls by threshold", _calls, "patients", STATISTIC),
    ("95 % limits of AUC", _intervals, "AUC", STATISTIC),
)
