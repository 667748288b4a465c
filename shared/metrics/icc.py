"""Reliability of features from sums of squares: ICC(2,1), at a site and over sites, with its interval.

Subjects are measured several times (by readers, or under perturbed masks and images). A site sends three sums of
squares for each feature; those of several sites add up. Differences between sites are no reliability, so the
sums are taken within each site.

Reference: Shrout & Fleiss, Psychol. Bull. 86 (1979) 420; McGraw & Wong, Psychol. Methods 1 (1996) 30.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Squares:
    """Sums of squares of a two-way table, for each feature.

    Parameters
    ----------
    measurements : how often each subject was measured
    subjects : (f,) subjects with a value in every measurement
    sites : (f,) sites with at least two of them
    between_subjects, between_measurements, residual : (f,) sums of squares within the sites
    """

    measurements: int
    subjects: Array
    sites: Array
    between_subjects: Array
    between_measurements: Array
    residual: Array

    def __add__(self, other: "Squares") -> "Squares":
        """Sums over both."""
        assert self.measurements == other.measurements
        return Squares(
            self.measurements,
            self.subjects + other.subjects,
            self.sites + other.sites,
            self.between_subjects + other.between_subjects,
            self.between_measurements + other.between_measurements,
            self.residual + other.residual,
        )

    @property
    def mean_squares(self) -> tuple[Array, Array, Array]:
        """(f,) mean squares of subjects, measurements and residual; NaN without two subjects."""
        more = self.measurements - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            return (
                self.between_subjects / (self.subjects - self.sites),
                self.between_measurements / (self.sites * more),
                self.residual / ((self.subjects - self.sites) * more),
            )

    @property
    def subjects_at_a_site(self) -> Array:
        """(f,) subjects at a site on average."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.subjects / self.sites


def squares(values: Array) -> Squares:
    """Sums of squares of one site.

    Parameters
    ----------
    values : (subjects, measurements, features); a subject with NaN in any measurement of a feature is left out of it
    """
    complete = np.isfinite(values).all(axis=1)
    subjects = complete.sum(axis=0)
    enough = subjects >= 2
    use = complete & enough
    kept = np.where(use[:, None], values, 0)
    count = np.where(enough, subjects, 0).astype(np.float64)
    number, times = np.maximum(count, 1), values.shape[1]
    middle = kept.sum(axis=(0, 1)) / (number * times)
    centred = np.where(use[:, None], values - middle, 0)
    of_subject = centred.mean(axis=1)
    of_measurement = centred.sum(axis=0) / number
    residual = np.where(use[:, None], centred - of_subject[:, None] - of_measurement, 0)
    return Squares(
        times,
        count,
        enough.astype(np.float64),
        times * (of_subject**2).sum(axis=0),
        count * (of_measurement**2).sum(axis=0),
        (residual**2).sum(axis=(0, 1)),
    )


def icc(sums: Squares) -> Array:
    """(f,) ICC(2,1): agreement of single measurements, two-way random effects; NaN where it has no value.

    MS_R - MS_E over MS_R + (k - 1) MS_E + k (MS_C - MS_E) / n.
    """
    rows, columns, error = sums.mean_squares
    k, n = sums.measurements, sums.subjects_at_a_site
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    return np.where(np.isfinite(correlation), correlation, np.nan)


def icc_interval(sums: Squares, confidence: float = 0.95) -> tuple[Array, Array]:
    """(f,) lower and upper end of the interval of `icc`, by Satterthwaite's degrees of freedom."""
    rows, columns, error = sums.mean_squares
    k, n, estimate = sums.measurements, sums.subjects_at_a_site, icc(sums)
    free_rows = sums.subjects - sums.sites
    free_columns, free_error = sums.sites * (k - 1), free_rows * (k - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = k * estimate / (n * (1 - estimate))
        b = 1 + k * estimate * (n - 1) / (n * (1 - estimate))
        free = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / free_columns + (b * error) ** 2 / free_error)
        tail = 1 - (1 - confidence) / 2
        low, high = fdtri(free_rows, free, tail), fdtri(free, free_rows, tail)
        spread = k * columns + (k * n - k - n) * error
        lower = n * (rows - low * error) / (low * spread + n * rows)
        upper = n * (high * rows - error) / (spread + n * high * rows)
    # Without any disagreement the formula is 0 / 0, and the interval a point.
    exact = estimate == 1
    return np.where(exact, 1.0, lower), np.where(exact, 1.0, upper)
