"""A model of a number at another hospital: its values at once, corrected where the hospital's own labels ask for it.

Closed testing: the model as it is, against intercept and slope; if these fit better, the intercept alone against both.
Errors are taken as normal and of one spread.

Reference: Vergouwe et al., Statistics in Medicine 36 (2017) 4529; Steyerberg, Clinical Prediction Models (2019),
section 20.2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution

from harmonization.array import Array
from harmonization.recalibration import Update

FEWEST_LABELLED = 20
"""Labelled patients under which nothing is corrected."""
_LEVEL = 0.05


@dataclass(frozen=True)
class ValueRecalibration:
    """value = intercept + slope * prediction."""

    intercept: float = 0.0
    slope: float = 1.0
    update: Update = Update.NONE
    patients: int = 0
    """Labelled ones of whom it was learned; 0 where they were too few."""

    def value(self, predicted: Array) -> Array:
        """(n,) corrected values."""
        return np.asarray(self.intercept + self.slope * predicted)


def recalibrate_value(predicted: Array, observed: Array) -> ValueRecalibration:
    """Correct the intercept, then the slope, where F tests ask for it.

    Parameters
    ----------
    predicted : (n,) by the frozen model
    observed : (n,) labels; NaN without
    """
    known = np.isfinite(predicted) & np.isfinite(observed)
    p, y, n = predicted[known], observed[known], int(known.sum())
    if n < FEWEST_LABELLED:
        return ValueRecalibration()
    off = y - p
    spread = ((p - p.mean()) ** 2).sum()
    slope = float(((p - p.mean()) * (y - y.mean())).sum() / spread) if spread > 1e-12 * (p**2).sum() else 1.0
    intercept = float(y.mean() - slope * p.mean())
    as_it_is, shifted = (off**2).sum(), ((off - off.mean()) ** 2).sum()
    bent = ((y - intercept - slope * p) ** 2).sum()
    unit = max(bent / (n - 2), np.finfo(float).tiny)
    if f_distribution.sf((as_it_is - bent) / 2 / unit, 2, n - 2) >= _LEVEL:
        return ValueRecalibration(patients=n)
    if f_distribution.sf((shifted - bent) / unit, 1, n - 2) >= _LEVEL:
        return ValueRecalibration(float(off.mean()), 1.0, Update.INTERCEPT, n)
    return ValueRecalibration(intercept, slope, Update.INTERCEPT_AND_SLOPE, n)
