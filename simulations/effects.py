"""What HER2 does to a simulated tumour: assumed shifts of its latent properties, limited jointly.

No published study gives three-class means of these properties, so the shifts are assumptions. Many independent
small ones would add up to an absurd classifier; hence a scenario states a *direction*, and how far along it the
classes lie as one Mahalanobis distance d, which bounds what any classifier can reach: AUC = Phi(d / sqrt 2).
"""

from enum import StrEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from client.cohort.her2 import Her2Status
from shared.sections.section import Section

Array = NDArray[np.float64]


class Latent(StrEnum):
    """A property of a tumour on a scale of standard deviations among tumours of one class."""

    DIFFUSIVITY = "diffusivity"
    KURTOSIS = "kurtosis"
    KTRANS = "ktrans"
    VE = "ve"
    SIZE = "size"
    IRREGULARITY = "irregularity"
    HETEROGENEITY = "heterogeneity"
    CORE = "core"
    HORMONE_RECEPTOR = "hormone_receptor"
    PROLIFERATION = "proliferation"


LATENTS = tuple(Latent)

# Assumed, of the signs that the field reports: dense cells hinder diffusion, large tumours hold cores,
# proliferating ones lack hormone receptors.
_CORRELATIONS = {
    (Latent.DIFFUSIVITY, Latent.KURTOSIS): -0.4,
    (Latent.DIFFUSIVITY, Latent.PROLIFERATION): -0.25,
    (Latent.KTRANS, Latent.HETEROGENEITY): 0.3,
    (Latent.KTRANS, Latent.PROLIFERATION): 0.2,
    (Latent.SIZE, Latent.CORE): 0.4,
    (Latent.SIZE, Latent.HETEROGENEITY): 0.3,
    (Latent.SIZE, Latent.PROLIFERATION): 0.2,
    (Latent.HORMONE_RECEPTOR, Latent.PROLIFERATION): -0.4,
}


@cache
def covariance() -> Array:
    """(latents, latents) covariance within each class; unit variances."""
    matrix = np.eye(len(LATENTS))
    for (first, second), value in _CORRELATIONS.items():
        row, column = LATENTS.index(first), LATENTS.index(second)
        matrix[row, column] = matrix[column, row] = value
    return matrix


class Shift(Section):
    """How far apart two groups lie, and in which direction."""

    distance: float = Field(ge=0)
    """Mahalanobis distance between the groups' means."""
    direction: dict[Latent, float] = Field(default_factory=dict)
    """Relative sizes of the latents' shifts; only their proportions count."""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "Shift":
        if self.distance > 0 and not any(self.direction.values()):
            raise ValueError("a distance over 0 needs a direction: name a latent and its relative shift")
        return self

    def vector(self) -> Array:
        """(latents,) difference of means, in standard deviations."""
        if self.distance == 0:
            return np.zeros(len(LATENTS))
        direction = np.array([self.direction.get(latent, 0.0) for latent in LATENTS])
        return self.distance * direction / mahalanobis(direction)


class LowVersusZero(Shift):
    """HER2-low against HER2-zero; at most the best that external validations found."""

    distance: float = Field(ge=0, le=1.0)


class PositiveVersusNegative(Shift):
    """HER2-positive against the midpoint of low and zero."""

    distance: float = Field(ge=0, le=1.2)


class Effects(Section):
    """All that HER2 does; both distances 0 is the null scenario."""

    low_vs_zero: LowVersusZero
    positive_vs_negative: PositiveVersusNegative

    def mean(self, status: Her2Status) -> Array:
        """(latents,) mean of a class: zero and low lie symmetrically about the origin."""
        if status is Her2Status.POSITIVE:
            return self.positive_vs_negative.vector()
        half = self.low_vs_zero.vector() / 2
        return half if status is Her2Status.LOW else -half


def mahalanobis(difference: Array) -> float:
    """Mahalanobis length of a difference of latents."""
    return float(np.sqrt(difference @ np.linalg.solve(covariance(), difference)))
