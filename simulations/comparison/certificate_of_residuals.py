"""An exactness certificate's evaluation of a continuous endpoint, against SciPy and scikit-learn on pooled patients."""

from collections.abc import Iterable, Iterator, Sequence
from math import atanh, nan, sqrt, tanh

import numpy as np
from scipy.stats import kendalltau, linregress
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from client.derived.judgement import Judgement
from client.run import Run
from shared.arrays import Array
from shared.metrics.auc import Z_95
from shared.outcome.continuous import Agreement, SiteResiduals, ViewResiduals
from shared.outcome.measure import Interval, Measure
from shared.plan import Arm
from shared.result import Result
from simulations.comparison.certificate_of_regression import UNIT
from simulations.comparison.pooled import Pooled
from simulations.comparison.quantity import OPTIMUM, STATISTIC, Quantity

_SLOPES = 1e-5
"""Largest difference of a calibration slope, as for classes."""
Patients = tuple[Array, Array]
"""Predicted and observed values, in the endpoint's unit."""
Held = tuple[Measure, float]
"""What a result says, which may be hidden, and what it should be."""


def evaluation(result: Result, runs: Sequence[Run], pooled: Pooled) -> Iterator[Quantity]:
    """What the result says of predictions, in every view.

    Parameters
    ----------
    result : of the run
    runs : every site's part in it
    pooled : the same study on one table
    """
    endpoint = pooled.study.question.endpoint
    for told in result.residuals:
        seen, predicted = pooled.evaluated(told.view)
        ours = np.concatenate([run.part(Judgement).evaluated(Arm.MODEL, told.view, 0)[1] for run in runs])
        apart = float(np.abs(ours[seen] - predicted[seen]).max(initial=0.0))
        yield Quantity(f"predictions of patients, {told.view}", int(seen.sum()), apart, UNIT, OPTIMUM)
        of_sites = {}
        for one in pooled.places:
            scaled = predicted[one.rows, 0], pooled.y[one.rows]
            p, t = (endpoint.middle + endpoint.half_range * values[seen[one.rows]] for values in scaled)
            of_sites[one.run.site.name] = p, t
        yield from _view(told, of_sites, endpoint.half_range)
        yield from _counts(told, of_sites, endpoint.half_range, least_patients(runs))


def least_patients(runs: Sequence[Run]) -> dict[str, int]:
    """Of a group that each site tells of."""
    return {
        run.site.name: max(run.study.privacy.minimum_patients, run.approved.approval.policy.minimum_patients, 2)
        for run in runs
    }


def _view(told: ViewResiduals, of_sites: dict[str, Patients], half: float) -> Iterator[Quantity]:
    ranked = {site: _pairs(*one) for site, one in of_sites.items()}
    pairs = sum(count for _, count in ranked.values())
    shown = [(one, *of_sites[one.site]) for one in told.sites if one.patients is not None]
    p, t = (np.concatenate([one[k] for one in of_sites.values()]) for k in (0, 1))
    own_p, own_t = (
        np.concatenate([one[k] - one[k].mean() for one in of_sites.values() if len(one[0])]) for k in (0, 1)
    )
    found, name = told.agreement, told.view
    each = [(one.concordance, ranked[one.site][0] / max(ranked[one.site][1], 1)) for one, _, _ in shown]
    yield _held(f"concordance of each site, {name}", each, "concordance", STATISTIC)
    within = [(told.within.concordance, sum(u for u, _ in ranked.values()) / max(pairs, 1))]
    yield _held(f"concordance within sites, {name}", within, "concordance", STATISTIC)
    correlations: list[Held] = [
        (found.correlation, _correlation(own_p, own_t)),
        (found.r_squared, r2_score(own_t, own_p)),
        (found.pooled_r_squared, r2_score(t, p)),
        *((one.correlation, _correlation(q, s)) for one, q, s in shown),
    ]
    yield _held(f"correlation and R² of all and of each site, {name}", correlations, "R²", OPTIMUM)
    spread = Z_95 * float((p - t).std(ddof=1))
    whole: tuple[Agreement | SiteResiduals, Array, Array] = (found, p, t)
    errors: list[Held] = [
        (found.agreement_low, float((p - t).mean()) - spread),
        (found.agreement_high, float((p - t).mean()) + spread),
    ]
    for one, q, s in (whole, *shown):
        errors += [
            (one.rmse, root_mean_squared_error(s, q)),
            (one.mae, mean_absolute_error(s, q)),
            (one.bias, float((q - s).mean())),
        ]
    yield _held(f"RMSE, MAE, bias and limits of agreement, {name}", errors, UNIT, OPTIMUM, half)
    slopes: list[Held] = []
    for one, q, s in (whole, *shown):
        again = one.recalibrated
        if again.slope is not None and again.intercept is not None:
            line = linregress(q, s)
            slopes += [(again.slope, line.slope), (again.slope_standard_error, line.stderr)]
            slopes += [(again.intercept / half, line.intercept / half)]
    yield _held(f"calibration slope and intercept, {name}", slopes, "slope", _SLOPES)
    limits = _limits(told, of_sites)
    if limits:
        yield _held(f"95 % limits, {name}", limits, "relative to the value", OPTIMUM)


def _pairs(predicted: Array, observed: Array) -> tuple[float, int]:
    """Pairs of different outcome that are ranked rightly, and all, by Kendall's tau-c."""
    n, ties = len(observed), np.unique(observed, return_counts=True)[1]
    pairs = round((n**2 - (ties**2).sum()) / 2)
    least = min(len(np.unique(predicted)), len(ties))
    if not pairs or least < 2:
        return pairs / 2, pairs
    tau = float(kendalltau(predicted, observed, variant="c").statistic)
    return pairs / 2 + tau * n**2 * (least - 1) / least / 4, pairs


def _correlation(predicted: Array, observed: Array) -> float:
    return float(np.corrcoef(predicted, observed)[0, 1]) if predicted.std() and observed.std() else nan


def _limits(told: ViewResiduals, of_sites: dict[str, Patients]) -> list[Held]:
    """Ends of the intervals of a frozen model, each over the value that it is about."""
    found, patients = told.agreement, [one for one in of_sites.values() if len(one[0])]
    p, t = (np.concatenate([one[k] for one in patients]) for k in (0, 1))
    own_p, own_t = (np.concatenate([one[k] - one[k].mean() for one in patients]) for k in (0, 1))
    squares, about = (p - t) ** 2, (own_p - own_t) ** 2
    ratio, n = about.sum() / (own_t**2).sum(), len(t)
    index, influence = _influence(patients)
    r = _correlation(own_p, own_t)
    free = Z_95 / sqrt(max(n - len(patients) - 2, 1))
    rmse, mae = sqrt(squares.mean()), float(np.abs(p - t).mean())

    def around(value: float, half: float) -> tuple[float, float]:
        return value - half, value + half

    of_ratio = sqrt((((about - ratio * own_t**2) / (own_t**2).sum()) ** 2).sum())
    expected: list[tuple[Interval | None, tuple[float, float], float]] = [
        (told.within.interval, around(index, Z_95 * sqrt((influence**2).sum())), index),
        (found.correlation_interval, (tanh(atanh(r) - free), tanh(atanh(r) + free)), 1.0),
        (found.r_squared_interval, around(1 - ratio, Z_95 * of_ratio), 1.0),
        (found.rmse_interval, around(rmse, Z_95 * float(squares.std()) / sqrt(n) / (2 * rmse)), rmse),
        (found.mae_interval, around(mae, Z_95 * float(np.abs(p - t).std()) / sqrt(n)), mae),
    ]
    held: list[Held] = []
    for said, (low, high), value in expected:
        if said is not None:
            held += [(said.low / value, low / value), (said.high / value, high / value)]
    return held


def _influence(patients: Sequence[Patients]) -> tuple[float, Array]:
    """Concordance within sites, and what each patient adds to it beyond her share."""
    right, all_ = [], []
    for p, t in patients:
        order = np.subtract.outer(t, t)
        ranked = np.sign(np.subtract.outer(p, p)) * np.sign(order)
        all_.append((order != 0).sum(axis=1))
        right.append(((ranked > 0) + 0.5 * ((ranked == 0) & (order != 0))).sum(axis=1))
    pairs, index = sum(one.sum() for one in all_) / 2, sum(one.sum() for one in right) / sum(one.sum() for one in all_)
    # about each site's own concordance: patients are drawn within sites
    shares = [(one - many * (one.sum() / max(many.sum(), 1))) / pairs for one, many in zip(right, all_, strict=True)]
    return float(index), np.concatenate(shares)


def _counts(
    told: ViewResiduals, of_sites: dict[str, Patients], half: float, least: dict[str, int]
) -> Iterator[Quantity]:
    off = np.concatenate([p - t for p, t in of_sites.values()])
    counted = np.histogram(off, [-np.inf, *told.differences.limits[1:-1], np.inf])[0]
    by_error: list[Held] = [(float(a), float(b)) for a, b in zip(told.differences.patients, counted, strict=True)]
    yield _held(f"patients by error, {told.view}", by_error, "patients", 0.0)
    groups = told.groups
    if groups is None:
        return
    fifths, number = [], len(groups.patients)
    for site, (p, t) in of_sites.items():
        if len(p) >= number * least[site]:
            parts = np.array_split(np.argsort(p, kind="stable"), number)
            fifths.append([(p[rows], t[rows]) for rows in parts])
    means: list[Held] = []
    for place in range(number):
        p, t = (np.concatenate([one[place][k] for one in fifths]) for k in (0, 1))
        error = Z_95 * float(t.std()) / sqrt(len(t) - 1)
        means += [(groups.predicted[place], float(p.mean())), (groups.observed[place], float(t.mean()))]
        means += [(groups.low[place], float(t.mean()) - error), (groups.high[place], float(t.mean()) + error)]
        means += [(float(groups.patients[place]), float(len(t)))]
    yield _held(f"observed and predicted means of fifths, {told.view}", means, UNIT, OPTIMUM, half)


def _held(name: str, pairs: Iterable[Held], unit: str, tolerance: float, scale: float = 1.0) -> Quantity:
    """Largest difference of what is told, over a scale; a number without its counterpart is as far as can be."""
    apart = [abs(told - expected) / scale for told, expected in pairs if told is not None]
    worst = float(np.max(apart, initial=0.0))
    return Quantity(name, len(apart), worst if np.isfinite(worst) else np.inf, unit, tolerance)
