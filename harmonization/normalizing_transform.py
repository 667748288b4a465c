"""Normalizing transforms of features before ComBat: agreed from sums over training patients, and applied to anybody.

ComBat moves and stretches; what is skewed stays skewed, and tells the batch to any tree. Powers or normal scores of the
features are nearer to what ComBat assumes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harmonization import normal_scores, power
from harmonization.array import Array
from harmonization.power import PowerSums, likeliest


@dataclass(frozen=True)
class Centre:
    """Where features lie and how far they spread within batches; may carry leading axes (fits)."""

    middle: Array
    """(..., f)"""
    deviation: Array
    """(..., f); 1 where nothing varies within batches"""

    @classmethod
    def of(cls, count: Array, sum_x: Array, sxx: Array) -> "Centre":
        """From sums over all sites.

        Parameters
        ----------
        count, sum_x, sxx : (..., f) patients, sums, and squares centred within each batch
        """
        n = np.maximum(count, 1)
        return cls(sum_x / n, np.sqrt(np.where(sxx > 0, sxx / n, 1.0)))

    def fit(self, index: int) -> "Centre":
        """One fit of several."""
        return Centre(self.middle[index], self.deviation[index])

    def units(self, x: Array) -> Array:
        """(n, f) features about the centre, in deviations."""
        return np.asarray((x - self.middle) / self.deviation)


@dataclass(frozen=True)
class NormalizingTransform:
    """A transform of every feature, as agreed in one fit."""

    centre: Centre
    exponents: Array
    """(f,) powers of two by which the transformed features are brought to the size on which they were to be summed"""
    powers: Array | None = None
    """(f,) of Yeo and Johnson's family"""
    counts: Array | None = None
    """(f, cells) of normal scores"""

    def apply(self, x: Array) -> Array:
        """(n, f) transformed features; NaN where missing."""
        u = self.centre.units(x)
        if self.powers is not None:
            straight = power.yeo_johnson(u, self.powers)
        else:
            assert self.counts is not None
            straight = normal_scores.normal_scores(u, self.counts)
        return np.asarray(np.ldexp(straight, self.exponents))


def centres(described: Mapping[str, Array]) -> Centre:
    """Of every fit, from `straight_values`, `straight_sums` and `straight_squares` on an axis of one."""
    return Centre.of(*(described[f"straight_{name}"][0] for name in ("values", "sums", "squares")))


def normalizing_transforms(
    described: Mapping[str, Array], summed: Mapping[str, Array], exponents: Array
) -> tuple[NormalizingTransform, ...]:
    """Transforms of every fit, from sums over all sites.

    Parameters
    ----------
    described : of which `centres` makes the centres
    summed : `power_sums` of every fit, and `cells` (`normal_scores.cell_counts`); one of them on an axis of one, the
        other of none
    exponents : (f,) agreed
    """
    centre = centres(described)
    fits = range(len(centre.middle))
    if len(summed["cells"]):
        return tuple(
            NormalizingTransform(centre.fit(index), exponents, counts=summed["cells"][0, index]) for index in fits
        )
    of_fits = {name: summed[name][0] for name in PowerSums.__dataclass_fields__}
    chosen = [likeliest(PowerSums(**{name: values[index] for name, values in of_fits.items()})) for index in fits]
    return tuple(NormalizingTransform(centre.fit(index), exponents, powers=chosen[index]) for index in fits)
