"""How far predictions of a continuous outcome lie from what was observed, from sums that sites add up.

*Within sites* both are taken about the means of each site, so that recognizing a site earns nothing and a site's offset
costs nothing. All is in the unit in which the sums are.

References: calibration slope and intercept of the observed on the predicted value, Steyerberg, Clinical Prediction
Models (2019), section 15.3; limits of agreement, Bland and Altman, Lancet 327 (1986) 307; interval of a correlation,
Fisher, Metron 1 (1921) 3; those of mean errors and of the ratio R2 by the delta method.
"""

from dataclasses import dataclass
from math import atanh, nan, sqrt, tanh

import numpy as np

from shared.arrays import Array
from shared.metrics.auc import Z_95
from shared.metrics.calibration import Recalibration

RAW = ("observed", "predicted", "observed_squares", "predicted_squares", "products", "sizes", "fourth_powers")
"""Sums over patients: of both values, of their squares and product, of the size and the fourth power of the error."""
WITHIN = ("observed_squares", "predicted_squares", "products", "error_fourth", "spread_fourth", "error_spread")
"""Sums about the means of each site: of squares and of the product; of the fourth powers of the error and of the
observed value, and of the product of their squares."""
GROUPS = 5
"""Groups of patients by predicted value, of equal size at each site."""
OF_GROUP = ("patients", "predicted", "observed", "observed_squares")
"""What is summed over a group."""
RANGES = np.linspace(-1.0, 1.0, 21)
"""Limits of the ranges in which errors are counted, in half the plausible range; the outer ranges are open."""
ERRORS = ("correlation", "mean", "size", "square")
"""What a site says of its own errors: their correlation is that of predicted and observed values."""
_LEAST_SPREAD = 1e-12
"""Sum of squares about the mean, relative to that about zero, under which a value counts as constant: rounding."""

Limits = tuple[float, float]


def site_sums(predicted: Array, observed: Array) -> dict[str, Array]:
    """One site's sums.

    Parameters
    ----------
    predicted, observed : (n,)

    Returns
    -------
    raw (7,) as `RAW`, within (6,) as `WITHIN`
    """
    p, t = predicted, observed
    off = p - t
    raw = [t.sum(), p.sum(), t @ t, p @ p, t @ p, np.abs(off).sum(), (off**4).sum()]
    if not len(t):
        return {"raw": np.zeros(len(RAW)), "within": np.zeros(len(WITHIN))}
    p, t = p - p.mean(), t - t.mean()
    error, spread = (p - t) ** 2, t**2
    within = [t @ t, p @ p, t @ p, error @ error, spread @ spread, error @ spread]
    return {"raw": np.array(raw), "within": np.array(within)}


def grouped(predicted: Array, observed: Array) -> Array:
    """(groups, 4) sums of one site, as `OF_GROUP`, over fifths of its patients from the least predicted value on."""
    sums = np.zeros((GROUPS, len(OF_GROUP)))
    order = np.argsort(predicted, kind="stable")
    for group, rows in enumerate(np.array_split(order, GROUPS)):
        p, t = predicted[rows], observed[rows]
        sums[group] = len(rows), p.sum(), t.sum(), t @ t
    return sums


def counted(predicted: Array, observed: Array) -> Array:
    """(ranges,) patients by the error of their prediction."""
    place = np.searchsorted(RANGES[1:-1], predicted - observed, side="right")
    return np.bincount(place, minlength=len(RANGES) - 1).astype(float)


def in_unit(patients: float, raw: Array, within: Array, middle: float, half: float) -> tuple[Array, Array]:
    """Sums over values in their own unit, from those over values in parts of half a range about its middle.

    Parameters
    ----------
    patients : over whom they are
    raw, within : of `site_sums`, added up
    middle, half : of the range, in the unit that is wanted
    """
    t, p, tt, pp, tp, sizes, fourths = raw
    base = patients * middle**2
    values = [
        patients * middle + half * t,
        patients * middle + half * p,
        base + 2 * middle * half * t + half**2 * tt,
        base + 2 * middle * half * p + half**2 * pp,
        base + middle * half * (t + p) + half**2 * tp,
        half * sizes,
        half**4 * fourths,
    ]
    return np.array(values), within * np.repeat([half**2, half**4], 3)


@dataclass(frozen=True)
class Residuals:
    """Measures of agreement; NaN where there is none.

    Attributes
    ----------
    patients : evaluated
    correlation, r_squared : within sites, of predictions and outcome; share of the outcome's spread within sites that
        the predictions explain: under 0 they are worse than each site's mean
    correlation_limits, r_squared_limits : 95 %, for a frozen model on untouched patients
    pooled_r_squared : the same over all patients, about the mean of all
    rmse, mae : root of the mean squared error, mean size of the error
    rmse_limits, mae_limits : 95 %, as above
    bias : mean of predicted less observed value
    spread : standard deviation of that; limits of agreement are 1.96 of it on either side of the bias
    recalibration : slope and intercept of the regression of the observed on the predicted value
    """

    patients: int
    correlation: float
    correlation_limits: Limits
    r_squared: float
    r_squared_limits: Limits
    pooled_r_squared: float
    rmse: float
    rmse_limits: Limits
    mae: float
    mae_limits: Limits
    bias: float
    spread: float
    recalibration: Recalibration

    @property
    def agreement(self) -> Limits:
        """Limits between which 95 % of differences lie, if they are normal."""
        return self.bias - Z_95 * self.spread, self.bias + Z_95 * self.spread


def residuals(patients: float, raw: Array, within: Array, sites: int) -> Residuals:
    """Measures from sums over sites.

    Parameters
    ----------
    patients : over whom they are
    raw, within : of `site_sums`, added up
    sites : that have patients
    """
    n = round(patients)
    t, p, tt, pp, tp, sizes, fourths = (float(total) for total in raw)
    squares = max(tt - 2 * tp + pp, 0.0)
    if n < 2:
        none = (nan, nan)
        nothing = Recalibration(nan, nan, nan, nan)
        return Residuals(n, nan, none, nan, none, nan, nan, none, nan, none, nan, nan, nothing)
    mse, mae, bias = squares / n, sizes / n, (p - t) / n
    spread_t, spread_p, shared = tt - t * t / n, pp - p * p / n, tp - t * p / n
    correlation, r_squared, of_r_squared = _within(within, _LEAST_SPREAD * tt, _LEAST_SPREAD * pp)
    rmse = sqrt(mse)
    rmse_half = Z_95 * sqrt(max(fourths / n - mse**2, 0.0) / n) / (2 * rmse) if rmse > 0 else 0.0
    mae_half = Z_95 * sqrt(max(mse - mae**2, 0.0) / n)
    again = _recalibrated(n, p / n, t / n, spread_p if spread_p > _LEAST_SPREAD * pp else 0.0, spread_t, shared)
    return Residuals(
        patients=n,
        correlation=correlation,
        correlation_limits=_fisher(correlation, n - sites),
        r_squared=r_squared,
        r_squared_limits=(r_squared - Z_95 * of_r_squared, r_squared + Z_95 * of_r_squared),
        pooled_r_squared=1 - squares / spread_t if spread_t > _LEAST_SPREAD * tt else nan,
        rmse=rmse,
        rmse_limits=(max(rmse - rmse_half, 0.0), rmse + rmse_half),
        mae=mae,
        mae_limits=(max(mae - mae_half, 0.0), mae + mae_half),
        bias=bias,
        spread=sqrt(max(squares - n * bias**2, 0.0) / (n - 1)),
        recalibration=again,
    )


def _within(within: Array, least_t: float, least_p: float) -> tuple[float, float, float]:
    """Correlation and R2 within sites, and the standard error of the latter; what varies less is constant."""
    tt, pp, tp, fourth, spread_fourth, both = (float(total) for total in within)
    correlation = tp / sqrt(tt * pp) if tt > least_t and pp > least_p else nan
    if not tt > least_t:
        return correlation, nan, nan
    ratio = max(tt - 2 * tp + pp, 0.0) / tt
    variance = max(fourth - 2 * ratio * both + ratio**2 * spread_fourth, 0.0) / tt**2
    return correlation, 1 - ratio, sqrt(variance)


def _fisher(correlation: float, free: int) -> Limits:
    if not abs(correlation) < 1 or free < 4:
        return nan, nan
    half = Z_95 / sqrt(free - 2)
    return tanh(atanh(correlation) - half), tanh(atanh(correlation) + half)


def _recalibrated(n: int, mean_p: float, mean_t: float, pp: float, tt: float, tp: float) -> Recalibration:
    """Least squares of the observed on the predicted value, with standard errors."""
    if n < 3 or not pp > 0:
        return Recalibration(nan, nan, nan, nan)
    slope = tp / pp
    left = max(tt - slope * tp, 0.0) / (n - 2)
    return Recalibration(slope, sqrt(left / pp), mean_t - slope * mean_p, sqrt(left * (1 / n + mean_p**2 / pp)))
