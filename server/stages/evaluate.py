"""How good the models are: exactly at each site, and together from counts."""

import math

from server.federation import Federation
from server.journal import Exchange
from server.report.evaluation import SiteAnswer, view_evaluation
from shared.arrays import Arrays
from shared.contract import RECALIBRATION, Step
from shared.metrics.auc import Concordance
from shared.metrics.calibration import Recalibration
from shared.plan import views
from shared.result import ViewEvaluation


def evaluate(federation: Federation) -> tuple[ViewEvaluation, ...]:
    """Ask every site how the models do on its patients, in every view of the study."""
    study = federation.study
    sizes = {
        "views": len(views(study)),
        "classes": len(study.question.endpoint.classes),
        "bins": study.evaluation.score_bins,
        "recalibration": RECALIBRATION,
    }
    exchange = federation.ask(Step.EVALUATE, sizes)
    return tuple(
        view_evaluation(
            view,
            [_site(exchange, site, index) for site in federation.roster],
            exchange.totals["scores"][index].round().astype(int),
            float(exchange.totals["squared_errors"][index]),
        )
        for index, view in enumerate(views(study))
    )


def _site(exchange: Exchange, site: str, view: int) -> SiteAnswer:
    said: Arrays = exchange.clear[site]
    shown = bool(said["shown"][view])
    negatives, positives = (int(count) for count in said["class_counts"][view])
    slope, slope_error, intercept, intercept_error, exists = (float(one) for one in said["recalibration"][view])
    missing = Recalibration(math.nan, math.nan, math.nan, math.nan)
    variance = float(said["auc_variance"][view])
    return SiteAnswer(
        site=site,
        concordance=Concordance(float(said["u"][view]), positives, negatives) if shown else None,
        auc_variance=variance if shown and variance > 0 else math.nan,
        recalibration=Recalibration(slope, slope_error, intercept, intercept_error) if exists else missing,
        brier=float(said["brier"][view]) if shown else math.nan,
        scores=said["site_scores"][view].astype(int) if "site_scores" in said and shown else None,
    )
