"""Evaluation: exactly at this site, and as counts on the declared grid for all sites together."""

import numpy as np
from scipy.special import expit

from client.answers.draft import Draft
from client.derived.harmonised import Harmonised
from client.derived.learning import Learning
from client.run import Run
from shared.arrays import Array
from shared.contract import RECALIBRATION, Step
from shared.course import made
from shared.messages import Question
from shared.metrics import auc, calibration, delong, score_histogram
from shared.plan import View, views
from shared.sections.harmonization import LeftOutSite
from shared.sections.privacy import SiteSums


def answer(run: Run, question: Question) -> Draft:
    """Measures of this site in every view; those of a site with too few patients of a class are not shown."""
    iterations = made(question.after, Step.TRAIN)
    bins = run.study.evaluation.score_bins
    of_views = [_view(run, view, *scores(run, view, iterations), bins) for view in views(run.study)]
    arrays = {name: np.stack([one[name] for one in of_views]) for name in of_views[0]}
    if run.study.privacy.site_sums is SiteSums.DERIVABLE:
        arrays["site_scores"] = arrays["scores"] * arrays["shown"][:, None, None]
    return Draft(arrays, sizes={"bins": bins, "recalibration": RECALIBRATION})


def scores(run: Run, view: View, iterations: int) -> tuple[Array, Array]:
    """Predicted risk of every patient who is evaluated in a view.

    Returns
    -------
    (m,) risks and (m,) whether the patient is of the positive class
    """
    learning = run.part(Learning)
    newton = learning.newton(iterations)
    risk = np.full(len(run.table.y), np.nan)
    for index, fit in enumerate(run.fits):
        if fit.view is not view or not newton.usable[index]:
            continue
        rows = run.fold == fit.fold if view is View.CROSS_VALIDATION else np.full(len(risk), fit.site == run.site.name)
        if view is View.LEFT_OUT_SITE and run.study.harmonization.left_out_site is LeftOutSite.OWN_PATIENTS:
            rows = rows & ~run.part(Harmonised).borrowed
        risk[rows] = expit(learning.designs(index)[rows] @ newton.coefficients[index])
    evaluated = np.isfinite(risk)
    return risk[evaluated], run.table.y[evaluated] == 1


def _view(run: Run, view: View, risk: Array, positive: Array, bins: int) -> dict[str, Array]:
    counts = np.array([(~positive).sum(), positive.sum()])
    least = run.study.privacy.minimum_patients
    shown = bool((counts >= max(least, 2)).all())
    pairs, variance = auc.concordance(risk, positive), 0.0
    recalibration = np.zeros(RECALIBRATION)
    if shown:
        fitted = calibration.recalibrate(risk, positive)
        values = np.array(
            [
                fitted.slope,
                fitted.slope_standard_error,
                fitted.intercept,
                fitted.intercept_standard_error,
                1.0,
            ]
        )
        recalibration = values if np.isfinite(values).all() else recalibration
        if view is View.LEFT_OUT_SITE:
            # A frozen model on untouched patients: only there DeLong's variance is valid.
            variance = delong.estimate(risk, positive).variance
    return {
        "shown": np.array(float(shown)),
        "class_counts": counts * shown,
        "u": np.array(pairs.u * shown),
        "auc_variance": np.array(variance),
        "brier": np.array(calibration.squared_error_sum(risk, positive) / len(risk) if shown else 0.0),
        "recalibration": recalibration,
        "scores": score_histogram.count(risk, positive, bins).astype(float),
        "squared_errors": np.array(calibration.squared_error_sum(risk, positive)),
    }
