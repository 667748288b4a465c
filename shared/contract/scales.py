"""Powers of two on which features and covariates are summed, so that sums under masks keep their digits.

Each site states them in its inventory as near its root mean squares; everybody takes the largest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shared.arrays import Array, Arrays

NOTHING = -300
"""Exponent of something that is zero everywhere at a site: any other site's is larger."""

SQUARES, CUBES, POWERS = 32, 48, 64
"""Exponents for sums of squares and of cubes of features on the common scale, and of squares of their powers."""
MAPS = 12
"""Exponent for sums of maps: from 2^-31 to 2^43 all digits are kept, and of their squares from 2^-19 to 2^55."""


def exponent(values: Array) -> Array:
    """Power of two above the root mean square of each column.

    Parameters
    ----------
    values : (n, columns)

    Returns
    -------
    (columns,) whole numbers
    """
    largest = np.abs(values).max(axis=0, initial=0.0)
    # Divided by the largest first: the square of a large value would overflow.
    unit = np.where(largest > 0, largest, 1.0)
    rms = unit * np.sqrt(np.mean((values / unit) ** 2, axis=0))
    return np.where(largest > 0, np.frexp(rms)[1], NOTHING).astype(np.int64)


def by_covariate(exponents: Array, widths: Sequence[int]) -> Array:
    """Largest exponent of each covariate's columns: before they are agreed sites differ in how many columns they see.

    Parameters
    ----------
    exponents : (columns,)
    widths : how many columns each covariate has

    Returns
    -------
    (covariates,)
    """
    parts = np.split(exponents, np.cumsum(widths)[:-1]) if widths else []
    return np.array([part.max(initial=NOTHING) for part in parts], dtype=np.int64)


@dataclass(frozen=True)
class Scales:
    """Agreed powers of two.

    Parameters
    ----------
    magnitude, spread : (features,) of the values, and of their distances from the batch's mean
    covariate_magnitude, covariate_spread : (covariates,) the same of the covariates as declared by the study, or
        (columns,) once it is agreed which columns they have
    """

    magnitude: Array
    spread: Array
    covariate_magnitude: Array
    covariate_spread: Array

    def arrays(self) -> dict[str, Array]:
        """By name, as they travel."""
        return dict(vars(self))

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "Scales":
        """Undo `arrays`; other names are left aside."""
        return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def over(self, widths: Sequence[int], indicators: int = 0) -> "Scales":
        """Scales of the covariates' columns, from those of the covariates, and of columns of 0 and 1 after them."""
        ones = np.ones(indicators, dtype=np.int64)
        return replace(
            self,
            covariate_magnitude=np.concatenate([np.repeat(self.covariate_magnitude, widths), ones]),
            covariate_spread=np.concatenate([np.repeat(self.covariate_spread, widths), ones]),
        )

    @classmethod
    def agree(cls, of_sites: Iterable[Mapping[str, Array]]) -> "Scales":
        """Take the largest of all sites."""
        sites = [cls.from_arrays(arrays) for arrays in of_sites]
        return cls(
            **{name: np.max([getattr(site, name) for site in sites], axis=0) for name in cls.__dataclass_fields__}
        )
