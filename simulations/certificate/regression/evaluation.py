"""An exactness certificate's evaluation of a continuous endpoint, against SciPy and scikit-learn on pooled patients."""

from collections.abc import Iterator, Sequence
from math import atanh, sqrt, tanh

import numpy as np
from scipy.stats import linregress
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from client.exchange.run import Run
from client.exchange.state.predictions import Judgement
from shared.arrays import Array
from shared.metrics.auc import Z_95
from shared.metrics.dependence import INFLATION
from shared.results.continuous import Agreement, SiteResiduals, ViewResiduals
from shared.results.measure import Interval
from shared.results.result import Result
from shared.study.plan import Arm, View
from simulations.certificate.quantity import OPTIMUM, SLOPE, STATISTIC, Held, Quantity, held
from simulations.certificate.regression.measures import (
    Patients,
    concordance,
    correlation,
    influence,
    joined,
    of_sites,
    ranked_pairs,
)
from simulations.certificate.regression.models import UNIT
from simulations.pooled import Pooled


def evaluation(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """The result's numbers about predictions, in every view.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    half = pooled.study.question.endpoint.half_range
    for evaluated in result.residuals:
        seen, predicted = pooled.evaluated(evaluated.view)
        ours = np.concatenate([run.part(Judgement).evaluated(Arm.MODEL, evaluated.view, 0)[1] for run in runs])
        apart = float(np.abs(ours[seen] - predicted[seen]).max(initial=0.0))
        yield Quantity(f"predictions of patients, {evaluated.view}", int(seen.sum()), apart, UNIT, OPTIMUM)
        patients = of_sites(predicted, pooled)
        yield from _view(evaluated, patients, half)
        yield from _counts(evaluated, patients, half, least_patients(runs))


def least_patients(runs: Sequence[Run]) -> dict[str, int]:
    """Of a group that each site tells of."""
    return {
        run.site.name: max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients, 2)
        for run in runs
    }


def _view(evaluated: ViewResiduals, patients: dict[str, Patients], half: float) -> Iterator[Quantity]:
    ranked = {site: ranked_pairs(*pairs) for site, pairs in patients.items()}
    shown = [(site, *patients[site.site]) for site in evaluated.sites if site.patients is not None]
    (p, t), (own_p, own_t) = joined(patients.values())
    agreement, name = evaluated.agreement, evaluated.view
    concordances = [(site.concordance, ranked[site.site][0] / max(ranked[site.site][1], 1)) for site, _, _ in shown]
    yield held(f"concordance of each site, {name}", concordances, "concordance", STATISTIC)
    within = [(evaluated.within.concordance, concordance(patients.values()))]
    yield held(f"concordance within sites, {name}", within, "concordance", STATISTIC)
    correlations: list[Held] = [
        (agreement.correlation, correlation(own_p, own_t)),
        (agreement.r_squared, r2_score(own_t, own_p)),
        (agreement.pooled_r_squared, r2_score(t, p)),
        *((site.correlation, correlation(q, s)) for site, q, s in shown),
    ]
    yield held(f"correlation and R² of all and of each site, {name}", correlations, "R²", OPTIMUM)
    spread = Z_95 * float((p - t).std(ddof=1))
    whole: tuple[Agreement | SiteResiduals, Array, Array] = (agreement, p, t)
    errors: list[Held] = [
        (agreement.agreement_low, float((p - t).mean()) - spread),
        (agreement.agreement_high, float((p - t).mean()) + spread),
    ]
    for residuals, q, s in (whole, *shown):
        errors += [
            (residuals.rmse, root_mean_squared_error(s, q)),
            (residuals.mae, mean_absolute_error(s, q)),
            (residuals.bias, float((q - s).mean())),
        ]
    yield held(f"RMSE, MAE, bias and limits of agreement, {name}", errors, UNIT, OPTIMUM, half)
    slopes: list[Held] = []
    for residuals, q, s in (whole, *shown):
        again = residuals.recalibrated
        if again.slope is not None and again.intercept is not None:
            line = linregress(q, s)
            slopes += [(again.slope, line.slope), (again.slope_standard_error, line.stderr)]
            slopes += [(again.intercept / half, line.intercept / half)]
    yield held(f"calibration slope and intercept, {name}", slopes, "slope", SLOPE)
    limits = _limits(evaluated, patients)
    if limits:
        yield held(f"95 % limits, {name}", limits, "relative to the value", OPTIMUM)


def _limits(evaluated: ViewResiduals, by_site: dict[str, Patients]) -> list[Held]:
    """Limits of the intervals of a frozen model, each relative to its value."""
    agreement, patients = evaluated.agreement, [site for site in by_site.values() if len(site[0])]
    (p, t), (own_p, own_t) = joined(patients)
    squares, about = (p - t) ** 2, (own_p - own_t) ** 2
    ratio, n = about.sum() / (own_t**2).sum(), len(t)
    index, moved = influence(patients)
    r = correlation(own_p, own_t)
    free = Z_95 / sqrt(max(n - len(patients) - 2, 1))
    rmse, mae = sqrt(squares.mean()), float(np.abs(p - t).mean())

    stretch = sqrt(1.0 if evaluated.view is View.EXTERNAL else INFLATION)

    def around(value: float, half: float) -> tuple[float, float]:
        return value - stretch * half, value + stretch * half

    def positive(value: float, half: float) -> tuple[float, float]:
        return max(value - stretch * half, 0.0), value + stretch * half

    of_ratio = sqrt((((about - ratio * own_t**2) / (own_t**2).sum()) ** 2).sum())
    expected: list[tuple[Interval | None, tuple[float, float], float]] = [
        (evaluated.within.interval, around(index, Z_95 * sqrt((moved**2).sum())), index),
        (
            agreement.correlation_interval,
            (tanh(atanh(r) - stretch * free), tanh(atanh(r) + stretch * free)),
            1.0,
        ),
        (agreement.r_squared_interval, around(1 - ratio, Z_95 * of_ratio), 1.0),
        (agreement.rmse_interval, positive(rmse, Z_95 * float(squares.std()) / sqrt(n) / (2 * rmse)), rmse),
        (agreement.mae_interval, positive(mae, Z_95 * float(np.abs(p - t).std()) / sqrt(n)), mae),
    ]
    ends: list[Held] = []
    for interval, (low, high), value in expected:
        if interval is not None:
            ends += [(interval.low / value, low / value), (interval.high / value, high / value)]
    return ends


def _counts(
    evaluated: ViewResiduals, patients: dict[str, Patients], half: float, least: dict[str, int]
) -> Iterator[Quantity]:
    off = np.concatenate([p - t for p, t in patients.values()])
    counted = np.histogram(off, [-np.inf, *evaluated.differences.limits[1:-1], np.inf])[0]
    by_error: list[Held] = [(float(a), float(b)) for a, b in zip(evaluated.differences.patients, counted, strict=True)]
    yield held(f"patients by error, {evaluated.view}", by_error, "patients", 0.0)
    groups = evaluated.groups
    if groups is None:
        return
    fifths, number = [], len(groups.patients)
    for site, (p, t) in patients.items():
        if len(p) >= number * least[site]:
            parts = np.array_split(np.argsort(p, kind="stable"), number)
            fifths.append([(p[rows], t[rows]) for rows in parts])
    means: list[Held] = []
    for place in range(number):
        p, t = (np.concatenate([parts[place][k] for parts in fifths]) for k in (0, 1))
        error = Z_95 * float(t.std()) / sqrt(len(t) - 1)
        means += [(groups.predicted[place], float(p.mean())), (groups.observed[place], float(t.mean()))]
        means += [(groups.low[place], float(t.mean()) - error), (groups.high[place], float(t.mean()) + error)]
        means += [(float(groups.patients[place]), float(len(t)))]
    yield held(f"observed and predicted means of fifths, {evaluated.view}", means, UNIT, OPTIMUM, half)
