"""Local, pooled and federated regression compared: concordance and R2 within sites, and error.

The concordance index of pairs within sites is to regression what the AUC is to classes; the study's margin refers to
it. R2 is about the means of each site; the root of the mean squared error is over all patients, in the endpoint's unit.
A federation does not bootstrap (docs/decisions/0023-regression-from-summed-products.md); here the samples stay with
those who hold all patients.
"""

from functools import reduce
from math import nan, sqrt
from operator import add

import numpy as np

from shared.arrays import Array
from shared.folds import generator
from shared.metrics.auc import Z_95
from shared.metrics.concordance import concordance
from shared.metrics.dependence import inflation, widened
from shared.sections.question import Endpoint
from shared.study.plan import View
from shared.study.study import Study
from simulations.comparison.bootstrap import BootstrapSums, resampling_weights
from simulations.comparison.comparison_line import ComparisonLine, draws, no_worse, quantiles
from simulations.pooled import Pooled

CONCORDANCE, R_SQUARED = "concordance within sites", "R² within sites"


def error_of(endpoint: Endpoint) -> str:
    """The root of the mean squared error, as a measure with its unit."""
    return f"RMSE, {endpoint.unit}" if endpoint.unit else "RMSE"


def lines(arm: str, view: View, values: Array, model: Array, pooled: Pooled) -> list[ComparisonLine]:
    """One way in one view, by every measure.

    Parameters
    ----------
    arm, view : which
    values : (n, 1) that it predicts, in half the plausible range; NaN where a patient is not evaluated
    model : (n, 1) that the federated model predicts
    pooled : the study on one table
    """
    study, endpoint = pooled.study, pooled.study.question.endpoint
    parts, variance, pairs = [], 0.0, 0
    for place in pooled.places:
        p, q, t = values[place.rows, 0], model[place.rows, 0], pooled.y[place.rows]
        seen = np.isfinite(p) & np.isfinite(q)
        p, q, t = p[seen], q[seen], t[seen]
        weights = resampling_weights(
            len(t), draws(study), generator(study.evaluation.seed, "resamples", place.run.site.name)
        )
        parts.append((BootstrapSums.of(p, t, weights), BootstrapSums.of(q, t, weights)))
        first, second = concordance(q, t), concordance(p, t)
        if first.pairs:
            pairs += first.pairs
            variance += first.pairs**2 * first.difference_variance(second)
    own, theirs = (reduce(add, sums) for sums in zip(*parts, strict=True))
    half = Z_95 * sqrt(inflation(mutual=view.mutual) * variance) / pairs if pairs else nan
    h = endpoint.half_range
    return [
        _line(study, arm, view, CONCORDANCE, own.concordance, theirs.concordance, half if view.frozen else None),
        _line(study, arm, view, R_SQUARED, own.r_squared, theirs.r_squared),
        _line(study, arm, view, error_of(endpoint), h * own.rmse, h * theirs.rmse),
    ]


def _line(
    study: Study, arm: str, view: View, measure: str, own: Array, theirs: Array, half: float | None = None
) -> ComparisonLine:
    """From the values of patients as they are and of each draw; the interval of that of `half`, or of the draws."""

    def around(drawn: Array) -> tuple[float, float]:
        return widened(float(drawn[0]), *quantiles(drawn[1:]), mutual=view.mutual)

    difference = float(theirs[0] - own[0])
    ends = (difference - half, difference + half) if half is not None else around(theirs - own)
    claim = no_worse(study, arm, ends[0]) if measure == CONCORDANCE else None
    return ComparisonLine(arm, view, measure, float(own[0]), *around(own), difference, *ends, claim)
