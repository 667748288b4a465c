"""Evaluation: exactly at this site, and as counts on the declared grid for all sites together."""

import numpy as np

from client.exchange.answers.plaintext import PlaintextAnswer
from client.exchange.run import Run
from client.exchange.state.cross_site_evaluation import cross_site_evaluation
from client.exchange.state.explaining import explaining
from client.exchange.state.predicted_classes import class_calls
from client.exchange.state.predictions import Judgement
from client.exchange.state.thresholds import thresholds
from shared.arrays import Array
from shared.contract.axes import RECALIBRATION_VALUES
from shared.federation.messages import Question
from shared.folds import generator
from shared.metrics import auc, calibration, delong, score_histogram
from shared.metrics.bootstrap import resampled_u
from shared.metrics.confusion import confusion
from shared.sections.privacy import SiteSums
from shared.study.plan import Arm, Judged, judged


def answer(run: Run, question: Question) -> PlaintextAnswer:
    """Measures of this site for all that is judged; those of a site with too few patients of a class are not shown."""
    del question
    parts = [_of_evaluation(run, evaluation) for evaluation in judged(run.study)]
    arrays = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        arrays["site_scores"] = arrays["scores"] * arrays["shown"][:, None, None]
    return PlaintextAnswer(arrays | cross_site_evaluation(run) | class_calls(run) | explaining(run))


def _of_evaluation(run: Run, evaluation: Judged) -> dict[str, Array]:
    bins, least = run.study.evaluation.score_bins, run.study.privacy.minimum_patients
    judgement = run.part(Judgement)
    seen, risks = judgement.evaluated(evaluation.arm, evaluation.view, evaluation.repeat)
    risk, positive = risks[seen, evaluation.target], run.kind[seen] == evaluation.target
    counts = np.array([(~positive).sum(), positive.sum()])
    shown = bool((counts >= max(least, 2)).all())
    both, model = judgement.evaluated(Arm.MODEL, evaluation.view, evaluation.repeat)
    order = model[seen, evaluation.target]
    pairs, variance, against = auc.concordance(risk, positive), 0.0, 0.0
    recalibration = np.zeros(RECALIBRATION_VALUES)
    if shown:
        recalibration = _recalibrated(risk, positive)
        if evaluation.view.frozen:
            # A frozen model on untouched patients: only there DeLong's variance is valid.
            variance = delong.estimate(risk, positive).variance
            if (both == seen).all():
                against = delong.compare(order, risk, positive).standard_error ** 2
    # Each patient is called by the threshold of the fit that evaluates her.
    called = confusion(risk - thresholds(run, evaluation)[seen], positive, 0.0)
    calls = np.array(
        [[called.true_negatives, called.false_positives], [called.false_negatives, called.true_positives]], float
    )
    random = generator(run.study.evaluation.seed, "resamples", run.site.name)
    squared_errors = np.array(calibration.squared_error_sum(risk, positive))
    return {
        "shown": np.array(float(shown)),
        "class_counts": counts * shown,
        "u": np.array(pairs.u * shown),
        "auc_variance": np.array(variance),
        "difference_variance": np.array(against),
        "brier": squared_errors / len(risk) if shown else np.array(0.0),
        "recalibration": recalibration,
        "site_calls": calls * shown,
        "all_u": np.array(pairs.u),
        "all_pairs": np.array(float(pairs.pairs)),
        "resampled_u": resampled_u(risk, positive, run.study.evaluation.resamples, random, order),
        "calls": calls,
        "scores": score_histogram.count(risk, positive, bins).astype(float),
        "squared_errors": squared_errors,
    }


def _recalibrated(risk: Array, positive: Array) -> Array:
    fitted = calibration.recalibrate(risk, positive)
    values = np.array(
        [fitted.slope, fitted.slope_standard_error, fitted.intercept, fitted.intercept_standard_error, 1.0]
    )
    return values if np.isfinite(values).all() else np.zeros(RECALIBRATION_VALUES)
