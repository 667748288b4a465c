"""The threshold by which each of this site's patients is called: that of the fit that evaluates her."""

import numpy as np

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.metrics import score_histogram
from shared.metrics.confusion import youden_threshold
from shared.step import Step
from shared.study.plan import Arm, Judged
from shared.training.thresholds import threshold


def thresholds(run: Run, evaluation: Judged) -> Array:
    """(n,) threshold of each patient.

    Parameters
    ----------
    run : the site's part in the run
    evaluation : the arm, the view and the class
    """
    histograms = run.told(Step.THRESHOLD)["training_scores"]
    of_patients = np.full(len(run.table.y), 0.5)
    for outer, fit in enumerate(run.fits):
        if fit.inner is None and fit.evaluated_in(evaluation.view, evaluation.repeat) and fit.judges(run.site.name):
            if evaluation.arm is Arm.ALONE:
                chosen = _own(run, outer, evaluation.target)
            else:
                chosen = threshold(run.study, histograms, evaluation.arm, outer, evaluation.target)
            of_patients[~run.trains(fit)] = chosen
    return of_patients


def _own(run: Run, outer: int, target: int) -> float:
    """What a site that learns alone chooses from its own training patients."""
    risk = run.part(Judgement).risks(Arm.ALONE, outer, training=True)[:, target]
    rows = run.trains(run.fits[outer]) & np.isfinite(risk)
    counted = score_histogram.count(risk[rows], run.kind[rows] == target, run.study.evaluation.score_bins)
    return youden_threshold(counted) if counted.sum(axis=-1).all() else 0.5
