"""How good the models are: exactly at each site, and together from counts."""

import math
from dataclasses import dataclass, replace

import numpy as np

from server import plausibility
from server.federation import Federation
from server.journal import Exchange
from server.report.comparison import measured
from server.report.evaluation import SiteAnswer, view_evaluation
from server.report.recalls import recalls
from server.report.transfers import transfers
from server.report.within_sites import of_exchange
from shared.arrays import Arrays
from shared.contract.contract import RECALIBRATION, SIDES, Step
from shared.metrics.auc import Concordance
from shared.metrics.calibration import Recalibration
from shared.results.continuous import ComparedResiduals, ViewResiduals
from shared.results.evaluation import ClassCalls, Measured, Transfer, ViewEvaluation
from shared.sections.vendors import NAMES
from shared.study.plan import Arm, Judged, evaluates, judged, shows_own_models, targets, views
from shared.study.study import Study
from shared.training import fitted_model
from shared.training.explanation import MOVES, SETTINGS
from shared.training.thresholds import places


@dataclass(frozen=True)
class Judgements:
    """The model in every view, and everything that it is held against."""

    evaluations: tuple[ViewEvaluation, ...]
    comparisons: tuple[Measured, ...]
    transfers: tuple[Transfer, ...] = ()
    recalls: tuple[ClassCalls, ...] = ()
    residuals: tuple[ViewResiduals, ...] = ()
    compared: tuple[ComparedResiduals, ...] = ()


def evaluate(federation: Federation, outer: int, explained: int = 0) -> Judgements:
    """Count the scores of training patients, then ask every site how all arms do on its patients, in every view.

    Parameters
    ----------
    federation : the sites, with everything trained
    outer : number of outer fits
    explained : how many features the final model explains itself by
    """
    study = federation.study
    sizes = {
        "sides": SIDES,
        "bins": study.evaluation.score_bins,
        "thresholds": len(places(study, outer)),
        "judged": len(judged(study)),
        "resamples": study.evaluation.resamples,
        "recalibration": RECALIBRATION,
        "explained": explained,
        "settings": len(SETTINGS),
        "moves": len(MOVES) - 1,
        "targets": len(targets(study)),
        "views": len(views(study)),
        "vendors": len(NAMES),
        "classes": max(len(study.question.endpoint.classes), 1),
        "sites": len(federation.enrolled),
        "matched": int(shows_own_models(study)),
        "columns": fitted_model.room(study, len(federation.scales.magnitude)) if shows_own_models(study) else 0,
    }
    told = federation.ask(Step.THRESHOLD, sizes).totals
    plausibility.require_own_models(study, len(federation.scales.magnitude), federation.enrolled, told)
    exchange = federation.ask(Step.EVALUATE, sizes)
    shown = [(index, one) for index, one in enumerate(judged(study)) if one.arm is Arm.MODEL and not one.repeat]
    return Judgements(
        tuple(_view(federation, exchange, index, one) for index, one in shown),
        measured(federation.roster, study, exchange),
        transfers(study, federation.enrolled, exchange),
        recalls(federation.roster, study, exchange),
    )


def _view(federation: Federation, exchange: Exchange, index: int, one: Judged) -> ViewEvaluation:
    repetitions = [row for row, other in enumerate(judged(federation.study)) if replace(other, repeat=0) == one]
    return view_evaluation(
        [_site(exchange, site, index) for site in federation.roster if evaluates(federation.study, one.view, site)],
        of_exchange(federation.roster, exchange, repetitions, one.view),
        exchange.totals["scores"][index].round().astype(int),
        float(exchange.totals["squared_errors"][index]),
        target_of(federation.study, one) if len(federation.study.question.endpoint.classes) > 2 else "",
    )


def target_of(study: Study, one: Judged) -> str:
    """Name of the class that is judged."""
    return study.question.endpoint.classes[one.target].name


def _site(exchange: Exchange, site: str, index: int) -> SiteAnswer:
    said: Arrays = exchange.clear[site]
    shown = bool(said["shown"][index])
    negatives, positives = (int(count) for count in said["class_counts"][index])
    slope, slope_error, intercept, intercept_error, exists = (float(one) for one in said["recalibration"][index])
    missing = Recalibration(math.nan, math.nan, math.nan, math.nan)
    return SiteAnswer(
        site=site,
        concordance=Concordance(float(said["u"][index]), positives, negatives) if shown else None,
        auc_variance=float(said["auc_variance"][index]) if shown else math.nan,
        recalibration=Recalibration(slope, slope_error, intercept, intercept_error) if exists else missing,
        brier=float(said["brier"][index]) if shown else math.nan,
        scores=said["site_scores"][index].astype(int) if "site_scores" in said and shown else None,
        calls=np.asarray(said["site_calls"][index]) if shown else None,
    )
