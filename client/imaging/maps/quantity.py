"""What a map gives: values with a unit, the range that physiology allows, and how well the model fitted."""

from dataclasses import dataclass

import numpy as np

from client.imaging.maps.acquisition import Array, Mask


@dataclass(frozen=True)
class Quantity:
    """A quantity that a map computes, and the range outside which a value is not physiological."""

    name: str
    unit: str
    lowest: float
    highest: float

    def plausible(self, values: Array) -> Mask:
        """Where values are numbers inside the range."""
        return (values >= self.lowest) & (values <= self.highest)


@dataclass(frozen=True)
class Volume:
    """One quantity over a whole volume."""

    quantity: Quantity
    values: Array
    """(...) float32, NaN where it cannot be computed."""

    @property
    def in_range(self) -> Mask:
        """(...) where the value is a number inside the physiological range."""
        return self.quantity.plausible(self.values)

    def out_of_range_fraction(self, region: Mask) -> float:
        """Share of a region's voxels that are missing or out of range; NaN for an empty region."""
        inside = self.in_range[region]
        return float(1 - np.mean(inside)) if inside.size else float("nan")


@dataclass(frozen=True)
class FitQuality:
    """How well a model described each voxel."""

    residual: Array
    """(...) root mean square residual as a share of the fitted signal without weighting (S0, or the mean)."""
    converged: Mask
    """(...) the iteration ended at a minimum; True where the solution is closed-form and finite."""


@dataclass(frozen=True)
class Scalar:
    """One number for the whole patient."""

    name: str
    unit: str
    value: float


@dataclass(frozen=True)
class MapResult:
    """All that one map gives for one patient."""

    volumes: tuple[Volume, ...]
    scalars: tuple[Scalar, ...] = ()
    fit: FitQuality | None = None
    timing_assumed: bool = False
    """The phases' seconds were declared by the site: say so wherever the result is shown."""
