"""Measures of regression over all patients, and over bootstrap samples drawn within sites.

Reference: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from shared.arrays import Array


def resampling_weights(patients: int, times: int, random: np.random.Generator) -> Array:
    """How often each patient of one site is in a sample: once in the first row, then as often as she is drawn.

    Parameters
    ----------
    patients : of the site
    times : draws, of as many patients each
    random : draws

    Returns
    -------
    (1 + times, patients)
    """
    drawn = random.multinomial(patients, np.full(patients, 1 / patients), times) if patients else np.zeros((times, 0))
    return np.concatenate([np.ones((1, patients)), drawn])


@dataclass(frozen=True)
class BootstrapSums:
    """Sums over the patients of one or more sites, of each draw; those of several sites add up.

    Attributes
    ----------
    u, pairs : (draws,) pairs of different outcome within sites that are ranked correctly, and all
    patients : (draws,)
    squares : (draws,) of errors
    left, spread : (draws,) squares of errors, and of the outcome, about their means at each site
    """

    u: Array
    pairs: Array
    patients: Array
    squares: Array
    left: Array
    spread: Array

    @classmethod
    def of(cls, predicted: Array, observed: Array, weights: Array) -> Self:
        """Sums of one site.

        Parameters
        ----------
        predicted, observed : (n,)
        weights : (draws, n) how often each patient is there
        """
        order = np.sign(observed[:, None] - observed)
        right = (order * np.sign(predicted[:, None] - predicted) + np.abs(order)) / 2
        off, patients = predicted - observed, weights.sum(axis=1)

        def about_mean(values: Array) -> Array:
            return np.asarray(weights @ values**2 - (weights @ values) ** 2 / np.maximum(patients, 1))

        centre = observed.mean() if len(observed) else 0.0  # keeps digits of the difference of squares
        return cls(
            u=((weights @ right) * weights).sum(axis=1) / 2,
            pairs=((weights @ np.abs(order)) * weights).sum(axis=1) / 2,
            patients=patients,
            squares=weights @ off**2,
            left=about_mean(off),
            spread=about_mean(observed - centre),
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    @property
    def concordance(self) -> Array:
        """(draws,) of pairs within sites; NaN without a pair."""
        return _share(self.u, self.pairs)

    @property
    def r_squared(self) -> Array:
        """(draws,) share of the outcome's spread within sites that predictions explain; NaN without spread."""
        return 1 - _share(self.left, self.spread)

    @property
    def rmse(self) -> Array:
        """(draws,) root of the mean squared error; NaN without patients."""
        return np.sqrt(_share(self.squares, self.patients))


def _share(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
