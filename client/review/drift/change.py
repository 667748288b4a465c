"""Whether a series of patients has a change of mean or spread in any of many quantities, and where.

A retrospective CUSUM (Page, Biometrika 41 (1954) 100) of normal scores. Its limit comes from the same patients in
random order, jointly over all quantities: patients who came in no particular order raise an alarm with the stated
probability at each look, whatever the distributions of the quantities, however they are correlated, and however many
there are.

Reference: Capizzi & Masarotto, Phase I distribution-free analysis of univariate data, J Quality Technology 45 (2013)
273; the maximum over quantities as in Westfall & Young, Resampling-Based Multiple Testing (1993).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from shared.arrays import Array

LEVEL = 0.01
"""Probability of a false alarm of a scanner at one look."""
FEWEST = 8
"""Patients on either side of a change."""
_PERMUTATIONS = 499
_SEED = 1


@dataclass(frozen=True)
class Change:
    """Where the patients before differ most from those after.

    Parameters
    ----------
    first : index of the first patient after it
    probability : that patients in random order differ as much somewhere in some quantity
    limit : of the standardized CUSUM, beyond which a quantity has changed
    mean, spread : (quantities) standardized CUSUM at the change, of the scores and of their distances from the middle
    """

    first: int
    probability: float
    limit: float
    mean: Array
    spread: Array

    @property
    def alarm(self) -> bool:
        """Whether it is more than chance."""
        return self.probability <= LEVEL

    @property
    def changed(self) -> Array:
        """(quantities) whether each is beyond the limit."""
        return np.asarray(np.maximum(np.abs(self.mean), np.abs(self.spread)) > self.limit)


def largest_change(values: Array) -> Change | None:
    """The largest change in a series; None where there are too few patients to tell.

    Parameters
    ----------
    values : (patients, quantities) in the order of time; NaN where there is none
    """
    patients, quantities = values.shape
    if patients < 2 * FEWEST or not quantities:
        return None
    location = _scores(values)
    both = np.hstack([location, _scores(np.abs(location))])
    sums = _standardized_sums(patients)
    standardized = sums @ both
    place, column = np.unravel_index(np.abs(standardized).argmax(), standardized.shape)
    rng = np.random.default_rng(_SEED)
    largest = np.array([np.abs(sums @ rng.permutation(both)).max() for _ in range(_PERMUTATIONS)])
    at_least = int((largest >= np.abs(standardized[place, column]) * (1 - 1e-12)).sum())
    return Change(
        first=int(place) + FEWEST,
        probability=(1 + at_least) / (1 + _PERMUTATIONS),
        limit=float(np.quantile(largest, 1 - LEVEL)),
        mean=standardized[place, :quantities],
        spread=standardized[place, quantities:],
    )


def changes(values: Array) -> tuple[Change, ...]:
    """Every change of a series, by splitting it at the largest one and looking again on either side.

    Parameters
    ----------
    values : (patients, quantities) in the order of time

    Returns
    -------
    those that are more than chance, in the order of time, `first` counted from the start of the series
    """
    largest = largest_change(values)
    if largest is None or not largest.alarm:
        return ()
    before, after = changes(values[: largest.first]), changes(values[largest.first :])
    later = [
        Change(change.first + largest.first, change.probability, change.limit, change.mean, change.spread)
        for change in after
    ]
    return (*before, largest, *later)


def _scores(values: Array) -> Array:
    """Van der Waerden's scores of each column, of mean 0 and variance 1; 0 where there is no value or no difference."""
    ranks = rankdata(values, axis=0, nan_policy="omit")
    given = np.isfinite(values)
    scores = np.where(given, norm.ppf(np.where(given, ranks, 1) / (given.sum(axis=0) + 1)), 0.0)
    scores = np.where(given, scores - scores.sum(axis=0) / np.maximum(given.sum(axis=0), 1), 0.0)
    deviation = scores.std(axis=0)
    return np.asarray(np.divide(scores, deviation, out=np.zeros_like(scores), where=deviation > 1e-12))


def _standardized_sums(patients: int) -> Array:
    """(places, patients) matrix of the CUSUM at every place, divided by its deviation under random order."""
    after = np.arange(FEWEST, patients - FEWEST + 1)
    sums = (np.arange(patients) >= after[:, None]).astype(np.float64)
    return np.asarray(sums / np.sqrt(after * (patients - after) / (patients - 1))[:, None])
