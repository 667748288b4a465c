"""How far predictions of a continuous endpoint lie from it: exactly at each site, and together from sums."""

from math import atanh, erfc, inf, isfinite, nan, sqrt, tanh

import numpy as np

from server.federation import Federation
from server.journal import Exchange
from server.report.transfers import transfers
from server.report.within_sites import interval_of
from server.stages.evaluate import Judgements
from shared.arrays import Array, Arrays
from shared.metrics.auc import Z_95
from shared.metrics.calibration import Recalibration
from shared.metrics.dependence import inflation, widened
from shared.metrics.residuals import RANGES, Residuals, in_unit
from shared.metrics.residuals import residuals as measures
from shared.results.continuous import (
    Agreement,
    ComparedResiduals,
    Differences,
    GroupPoints,
    Ranking,
    SiteResiduals,
    ViewResiduals,
)
from shared.results.evaluation import Recalibrated
from shared.results.measure import Interval, IntervalKind
from shared.sections.question import Endpoint
from shared.step import Step
from shared.study.plan import Arm, View, evaluates, judged, views
from shared.study.study import Study


def residuals(federation: Federation) -> Judgements:
    """Ask every site how all arms do on its patients, in every view."""
    study = federation.study
    exchange = federation.ask(Step.RESIDUALS)
    return Judgements(
        evaluations=(),
        comparisons=(),
        residuals=tuple(_view(federation, exchange, place, view) for place, view in enumerate(views(study))),
        compared=_compared(federation, exchange),
        transfers=transfers(study, federation.enrolled, exchange),
    )


def _rows(study: Study, arm: Arm, view: View) -> list[int]:
    return [
        index for index, prediction in enumerate(judged(study)) if prediction.arm is arm and prediction.view is view
    ]


def _view(federation: Federation, exchange: Exchange, place: int, view: View) -> ViewResiduals:
    study, totals = federation.study, exchange.totals
    endpoint, row = study.question.endpoint, _rows(study, Arm.MODEL, view)[0]
    pairs = round(float(totals["all_pairs"][row]))
    index = float(totals["all_u"][row]) / pairs if pairs else nan
    variance = _variance(federation, exchange, "index_variance", row, place) if view.frozen else nan
    return ViewResiduals(
        view=view,
        sites=tuple(
            _site(endpoint, exchange, site, place, row, frozen=view.frozen)
            for site in federation.roster
            if evaluates(study, view, site)
        ),
        within=Ranking(concordance=index, pairs=pairs, interval=_around(index, variance, view)),
        agreement=_agreement(_measures(endpoint, exchange, row), view),
        groups=_groups(endpoint, totals["groups"][place]),
        differences=Differences(
            limits=tuple((endpoint.half_range * RANGES).tolist()),
            patients=tuple(np.rint(totals["differences"][place]).astype(int).tolist()),
        ),
    )


def _measures(endpoint: Endpoint, exchange: Exchange, row: int) -> Residuals:
    totals = exchange.totals
    patients = round(float(totals["patients"][row]))
    raw, within = in_unit(patients, totals["raw"][row], totals["within"][row], endpoint.middle, endpoint.half_range)
    return measures(patients, raw, within, round(float(totals["sites"][row])))


def _agreement(summary: Residuals, view: View) -> Agreement:
    low, high = summary.agreement

    def interval(value: float, limits: tuple[float, float], least: float = -inf) -> Interval | None:
        ends = widened(value, *limits, mutual=view.mutual)
        return _interval(max(ends[0], least), ends[1], view) if view.frozen else None

    return Agreement(
        patients=summary.patients,
        correlation=summary.correlation,
        correlation_interval=_interval(*_of_correlation(summary, view), view) if view.frozen else None,
        r_squared=summary.r_squared,
        r_squared_interval=interval(summary.r_squared, summary.r_squared_limits),
        pooled_r_squared=summary.pooled_r_squared,
        rmse=summary.rmse,
        rmse_interval=interval(summary.rmse, summary.rmse_limits, 0.0),
        mae=summary.mae,
        mae_interval=interval(summary.mae, summary.mae_limits, 0.0),
        bias=summary.bias,
        agreement_low=low,
        agreement_high=high,
        recalibrated=_recalibrated(summary.recalibration),
    )


def _of_correlation(summary: Residuals, view: View) -> tuple[float, float]:
    """Widened on Fisher's scale, on which limits stay between -1 and 1."""
    if not isfinite(summary.correlation_limits[0]):
        return nan, nan
    middle, low, high = (atanh(value) for value in (summary.correlation, *summary.correlation_limits))
    low, high = widened(middle, low, high, mutual=view.mutual)
    return tanh(low), tanh(high)


def _recalibrated(recalibration: Recalibration) -> Recalibrated:
    return Recalibrated(**vars(recalibration))


def _site(endpoint: Endpoint, exchange: Exchange, site: str, place: int, row: int, *, frozen: bool) -> SiteResiduals:
    clear = exchange.clear[site]
    shown, pairs = bool(clear["shown"][place]), float(clear["ranked"][place])
    correlation, bias, mae, square = (float(error) if shown else nan for error in clear["errors"][place])
    slope, slope_error, intercept, _, exists = (float(value) for value in clear["recalibration"][place])
    index = float(clear["u"][place]) / pairs if pairs else nan
    variance = float(clear["index_variance"][row]) if frozen and pairs else nan
    h, m = endpoint.half_range, endpoint.middle
    return SiteResiduals(
        site=site,
        patients=round(float(clear["evaluated"][place])) if shown else None,
        concordance=index,
        # a model that was frozen before it met the patients of this one site, whoever else they train
        interval=_around(index, variance, View.EXTERNAL),
        correlation=correlation if exists and pairs else nan,  # else one of both is constant
        rmse=h * sqrt(square) if square >= 0 else nan,
        mae=h * mae,
        bias=h * bias,
        # The intercept's error is told at the middle of the plausible range; where the unit has its zero it is another.
        recalibrated=_recalibrated(
            Recalibration(slope, slope_error, m * (1 - slope) + h * intercept, nan)
            if exists
            else Recalibration(nan, nan, nan, nan)
        ),
    )


def _groups(endpoint: Endpoint, sums: Array) -> GroupPoints | None:
    n = np.rint(sums[:, 0])
    if (n < 2).any():
        return None
    predicted, observed = sums[:, 1] / n, sums[:, 2] / n
    half = Z_95 * np.sqrt(np.maximum(sums[:, 3] / n - observed**2, 0.0) / (n - 1))

    def in_its_unit(values: Array) -> tuple[float, ...]:
        return tuple((endpoint.middle + endpoint.half_range * values).tolist())

    return GroupPoints(
        patients=tuple(n.astype(int).tolist()),
        predicted=in_its_unit(predicted),
        observed=in_its_unit(observed),
        low=in_its_unit(observed - half),
        high=in_its_unit(observed + half),
    )


def _compared(federation: Federation, exchange: Exchange) -> tuple[ComparedResiduals, ...]:
    study, totals = federation.study, exchange.totals
    pairs = np.rint(totals["all_pairs"])
    index = np.where(pairs > 0, totals["all_u"] / np.where(pairs > 0, pairs, 1.0), np.nan)
    compared = []
    for arm, view in dict.fromkeys((prediction.arm, prediction.view) for prediction in judged(study)):
        rows, model = _rows(study, arm, view), _rows(study, Arm.MODEL, view)
        every = [_measures(study.question.endpoint, exchange, row) for row in rows]
        mean, place = float(index[rows].mean()), views(study).index(view)
        spread = float(index[rows].std(ddof=1)) if len(rows) > 1 else nan
        difference = mean - float(index[model].mean()) if arm is not Arm.MODEL else nan
        variance = _variance(federation, exchange, "difference_variance", rows[0], place)
        paired = view.frozen and pairs[rows[0]] == pairs[model[0]] and variance > 0
        error = sqrt(inflation(mutual=view.mutual) * variance) if paired else nan
        compared.append(
            ComparedResiduals(
                arm=arm,
                view=view,
                concordance=mean,
                spread=spread,
                interval=_repeated(index[rows])
                if not view.frozen
                else _around(mean, _variance(federation, exchange, "index_variance", rows[0], place), view),
                correlation=_mean([repetition.correlation for repetition in every]),
                r_squared=_mean([repetition.r_squared for repetition in every]),
                rmse=_mean([repetition.rmse for repetition in every]),
                mae=_mean([repetition.mae for repetition in every]),
                difference=difference,
                difference_interval=_around(difference, variance if paired else nan, view),
                difference_p=erfc(abs(difference) / error / sqrt(2)) if isfinite(difference) else nan,
            )
        )
    return tuple(compared)


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _repeated(index: Array) -> Interval | None:
    """Where 95 % of repetitions with folds drawn anew lie."""
    known = index[np.isfinite(index)]
    if len(known) < 2:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(low=float(low), high=float(high), kind=IntervalKind.REPETITION)


def _around(value: float, variance: float, view: View) -> Interval | None:
    """95 %, as wide as patients who train each other's models make it.

    Parameters
    ----------
    value : estimate
    variance : of it, as if patients were independent; NaN or 0 where there is none
    view : how the patients were scored
    """
    half = Z_95 * sqrt(inflation(mutual=view.mutual) * variance) if variance > 0 else nan
    return _interval(value - half, value + half, view)


def _variance(federation: Federation, exchange: Exchange, name: str, row: int, place: int) -> float:
    """Of an index over pairs within sites, from the sites' own; NaN where one with pairs is too small to say it."""
    variances = [(float(clear["ranked"][place]), float(clear[name][row])) for clear in _said(federation, exchange)]
    pairs = sum(count for count, _ in variances)
    if not pairs or pairs != round(float(exchange.totals["all_pairs"][row])):
        return nan
    return sum((count / pairs) ** 2 * variance for count, variance in variances)


def _said(federation: Federation, exchange: Exchange) -> list[Arrays]:
    return [exchange.clear[site] for site in federation.roster]


def _interval(low: float, high: float, view: View) -> Interval | None:
    """Of models that were frozen before they met the patients' sites; None where either end is NaN."""
    return interval_of((low, high), IntervalKind.FROZEN_MUTUAL if view.mutual else IntervalKind.FROZEN)
