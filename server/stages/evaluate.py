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
from shared.metrics.auc import Concordance
from shared.metrics.calibration import Recalibration
from shared.results.continuous import ComparedResiduals, ViewResiduals
from shared.results.evaluation import ClassCalls, Measured, Transfer, ViewEvaluation
from shared.step import Step
from shared.study.plan import Arm, Judged, evaluates, judged
from shared.study.study import Study


@dataclass(frozen=True)
class Judgements:
    """The model in every view, and everything that it is held against."""

    evaluations: tuple[ViewEvaluation, ...]
    comparisons: tuple[Measured, ...]
    transfers: tuple[Transfer, ...] = ()
    recalls: tuple[ClassCalls, ...] = ()
    residuals: tuple[ViewResiduals, ...] = ()
    compared: tuple[ComparedResiduals, ...] = ()


def threshold(federation: Federation) -> None:
    """Count the scores of training patients, from which thresholds follow, and look at the sites' own models.

    Raises
    ------
    MrfedError (`DATA_INCONSISTENT`) where no site can have trained one of these.
    """
    totals = federation.ask(Step.THRESHOLD).totals
    plausibility.require_own_models(federation.study, federation.facts.features, federation.enrolled, totals)


def evaluate(federation: Federation) -> Judgements:
    """Ask every site how all arms do on its patients, in every view."""
    study = federation.study
    exchange = federation.ask(Step.EVALUATE)
    shown = [
        (index, prediction)
        for index, prediction in enumerate(judged(study))
        if prediction.arm is Arm.MODEL and not prediction.repeat
    ]
    return Judgements(
        tuple(_view(federation, exchange, index, prediction) for index, prediction in shown),
        measured(federation.roster, study, exchange),
        transfers(study, federation.enrolled, exchange),
        recalls(federation.roster, study, exchange),
    )


def _view(federation: Federation, exchange: Exchange, index: int, prediction: Judged) -> ViewEvaluation:
    repetitions = [
        row for row, repetition in enumerate(judged(federation.study)) if replace(repetition, repeat=0) == prediction
    ]
    return view_evaluation(
        [
            _site(exchange, site, index)
            for site in federation.roster
            if evaluates(federation.study, prediction.view, site)
        ],
        of_exchange(federation.roster, exchange, repetitions, prediction.view),
        exchange.totals["scores"][index].round().astype(int),
        float(exchange.totals["squared_errors"][index]),
        target_of(federation.study, prediction) if len(federation.study.question.endpoint.classes) > 2 else "",
    )


def target_of(study: Study, prediction: Judged) -> str:
    """Name of the class that is judged."""
    return study.question.endpoint.classes[prediction.target].name


def _site(exchange: Exchange, site: str, index: int) -> SiteAnswer:
    clear: Arrays = exchange.clear[site]
    shown = bool(clear["shown"][index])
    negatives, positives = (int(count) for count in clear["class_counts"][index])
    slope, slope_error, intercept, intercept_error, exists = (float(value) for value in clear["recalibration"][index])
    missing = Recalibration(math.nan, math.nan, math.nan, math.nan)
    return SiteAnswer(
        site=site,
        concordance=Concordance(float(clear["u"][index]), positives, negatives) if shown else None,
        auc_variance=float(clear["auc_variance"][index]) if shown else math.nan,
        recalibration=Recalibration(slope, slope_error, intercept, intercept_error) if exists else missing,
        brier=float(clear["brier"][index]) if shown else math.nan,
        scores=clear["site_scores"][index].astype(int) if "site_scores" in clear and shown else None,
        calls=np.asarray(clear["site_calls"][index]) if shown else None,
    )
