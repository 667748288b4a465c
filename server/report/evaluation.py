"""The measures of one way of evaluating, from what the sites answered."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from server.report.within_sites import WithinSites, frozen_interval
from shared.arrays import Array
from shared.metrics import calibration, decision_curve, precision_recall, score_histogram
from shared.metrics.auc import Concordance
from shared.metrics.auc_interval import Stratum
from shared.metrics.confusion import Confusion
from shared.results.evaluation import (
    BenefitPoints,
    CalibrationPoints,
    Called,
    Pooled,
    PrecisionRecallPoints,
    Recalibrated,
    RocPoints,
    SiteEvaluation,
    Stratified,
    ViewEvaluation,
)
from shared.results.measure import Interval


@dataclass(frozen=True)
class SiteAnswer:
    """What one site said about one view.

    Attributes
    ----------
    site : its name
    concordance : pairs; None where the site has too few patients to say
    auc_variance : DeLong's; NaN where it has none
    recalibration : of its own risks
    brier : mean squared error of its own risks; NaN where it has too few patients
    scores : (2, bins) its patients on the grid, where the study lets the sums of a site be concluded
    calls : (2, 2) its patients by class and call; None where it has too few
    """

    site: str
    concordance: Concordance | None
    auc_variance: float
    recalibration: calibration.Recalibration
    brier: float
    scores: Array | None
    calls: Array | None = None


def view_evaluation(
    answers: Sequence[SiteAnswer], within: WithinSites, scores: Array, squared_errors: float, target: str = ""
) -> ViewEvaluation:
    """Exact measures of each site, those of pairs within sites, and those of all sites together.

    Parameters
    ----------
    answers : one of each site that has patients in this view
    within : pairs within sites, over all of them
    scores : (2, bins) patients of all sites by class and score
    squared_errors : sum over all patients
    target : name of the class that is judged, where there are more than two
    """
    low, high = within.chance()
    return ViewEvaluation(
        view=within.view,
        target=target,
        # An interval of one site needs a model that was frozen before it met its patients.
        sites=tuple(_site(answer, frozen=within.view.frozen) for answer in answers),
        stratified=Stratified(
            auc=within.auc, pairs=within.pairs, chance_low=low, chance_high=high, interval=within.interval()
        ),
        pooled=_pooled(scores, squared_errors),
    )


def roc_points(scores: Array) -> RocPoints | None:
    """Corners of the ROC curve of (2, bins) counts; None where a class is missing."""
    if (scores.sum(-1) == 0).any():
        return None
    curve = score_histogram.roc(scores)
    return RocPoints(
        threshold=tuple(curve.threshold.tolist()),
        false_positive_rate=tuple(curve.false_positive_rate.tolist()),
        true_positive_rate=tuple(curve.true_positive_rate.tolist()),
    )


def called(calls: Array) -> Called:
    """Sensitivity and specificity from (2, 2) patients by class and call."""
    (true_negatives, false_positives), (false_negatives, true_positives) = calls.round().astype(int).tolist()
    counted = Confusion(true_positives, false_positives, false_negatives, true_negatives)
    return Called(**vars(counted), sensitivity=counted.sensitivity, specificity=counted.specificity)


def _interval(counted: Concordance, variance: float) -> Interval | None:
    return frozen_interval(counted.auc, Stratum(counted.pairs, counted.positives + counted.negatives), variance)


def _site(answer: SiteAnswer, *, frozen: bool) -> SiteEvaluation:
    counted = answer.concordance
    return SiteEvaluation(
        site=answer.site,
        positives=counted.positives if counted else None,
        negatives=counted.negatives if counted else None,
        auc=counted.auc if counted else None,
        interval=_interval(counted, answer.auc_variance) if frozen and counted else None,
        brier=answer.brier,
        recalibration=Recalibrated(**asdict(answer.recalibration)),
        roc=None if answer.scores is None else roc_points(answer.scores),
        called=None if answer.calls is None else called(answer.calls),
    )


def _pooled(scores: Array, squared_errors: float) -> Pooled:
    patients = int(scores.sum())
    curve = calibration.curve(scores)
    benefit = decision_curve.decision_curve(scores) if patients else None
    return Pooled(
        patients=patients,
        positives=int(scores[1].sum()),
        auc=float(score_histogram.auc(scores)),
        auc_bound=float(score_histogram.auc_bound(scores)),
        brier=squared_errors / patients if patients else None,
        recalibration=Recalibrated(**asdict(calibration.recalibrate_counts(scores))),
        roc=roc_points(scores),
        calibration=CalibrationPoints(**{name: tuple(v.tolist()) for name, v in vars(curve).items()}),
        benefit=BenefitPoints(**{name: tuple(v.tolist()) for name, v in vars(benefit).items()}) if benefit else None,
        precision_recall=_precision_recall(scores) if scores[1].sum() else None,
    )


def _precision_recall(scores: Array) -> PrecisionRecallPoints:
    curve = precision_recall.precision_recall(scores)
    return PrecisionRecallPoints(
        threshold=tuple(curve.threshold.tolist()),
        precision=tuple(curve.precision.tolist()),
        recall=tuple(curve.recall.tolist()),
        average_precision=curve.average_precision,
    )
