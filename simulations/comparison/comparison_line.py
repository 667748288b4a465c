"""One way of training (local, pooled, federated) by one measure: a line that `mrfed-simulate compare` prints."""

from dataclasses import dataclass

import numpy as np

from shared.arrays import Array
from shared.study.study import Study

LOCAL, POOLED, FEDERATED = "local (each site alone)", "pooled", "federated"
DRAWS = 1000
"""Bootstrap samples where the study does not say; they stay with those who hold all patients."""


@dataclass(frozen=True)
class ComparisonLine:
    """One way in one view, by one measure.

    Parameters
    ----------
    arm, view : which
    measure : in words, with its unit
    value : of all patients
    low, high : its 95 % interval: of an AUC a score interval, else of patients drawn anew within sites; as wide as
        patients who train each other's models make it (`shared.metrics.dependence`)
    difference : the federated model's value less this one's
    difference_low, difference_high : its 95 % interval: of ranks on left-out sites paired, by each patient's influence;
        else of the same draws; as wide
    no_worse : whether the federated model is no worse than this by the study's margin; None without a margin, and of
        measures that it is not about
    """

    arm: str
    view: str
    measure: str
    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    no_worse: bool | None = None


def draws(study: Study) -> int:
    """Number of bootstrap samples."""
    return study.evaluation.resamples or DRAWS


def quantiles(drawn: Array) -> tuple[float, float]:
    """Central 95 % of bootstrap values; NaN where one of them is NaN."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def no_worse(study: Study, arm: str, lowest: float) -> bool | None:
    """Whether an interval of the federated model's difference from another way lies wholly over minus the margin.

    Parameters
    ----------
    study : whose margin it is
    arm : the other way
    lowest : end of the interval
    """
    margin = study.comparators.margin
    return None if margin is None or arm == FEDERATED else bool(lowest > -margin)
