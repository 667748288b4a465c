"""A tumour: an irregular body of rim, bulk and core, each with its own perfusion and diffusion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulations.phantom.random_field import RandomField

Array = NDArray[np.float64]

_EDGE_MM = 0.5
_MARGIN = 1.6
"""No part of the tumour lies beyond this multiple of its mean radius (before elongation)."""


@dataclass(frozen=True)
class TumourProperties:
    """Properties of the tumour at n points.

    Attributes
    ----------
    ktrans_per_min, ve, vp : extended Tofts
    diffusivity_mm2_s, kurtosis, perfusion_fraction : diffusion
    """

    ktrans_per_min: Array
    ve: Array
    vp: Array
    diffusivity_mm2_s: Array
    kurtosis: Array
    perfusion_fraction: Array


@dataclass(frozen=True)
class Tumour:
    """One tumour.

    Attributes
    ----------
    centre_mm : (3,) LPS
    radius_mm : mean radius
    elongation : (3,) axes relative to the radius, of product 1
    irregularity : relative standard deviation of the radius over directions
    surface : texture of the radius, over unit vectors
    heterogeneity : log standard deviation of Ktrans within a habitat; half of it, inverted, for diffusivity
    texture : where perfusion is high and diffusion low
    core : radius of the poorly perfused core, relative to the surface
    ktrans_per_min, ve, vp, diffusivity_mm2_s, kurtosis, perfusion_fraction : of the bulk
    """

    centre_mm: Array
    radius_mm: float
    elongation: Array
    irregularity: float
    surface: RandomField
    heterogeneity: float
    texture: RandomField
    core: float
    ktrans_per_min: float
    ve: float
    vp: float
    diffusivity_mm2_s: float
    kurtosis: float
    perfusion_fraction: float

    def level(self, points_mm: Array) -> Array:
        """(...) distance from the centre relative to the surface in that direction: inside where under 1."""
        offset = (points_mm - self.centre_mm) / self.elongation
        distance = np.linalg.norm(offset, axis=-1) / self.radius_mm
        level = np.full(distance.shape, np.inf)
        near = distance < _MARGIN
        direction = offset[near] / np.maximum(distance[near] * self.radius_mm, 1e-9)[:, None]
        swelling = np.clip(self.irregularity * self.surface(direction), -0.5, np.log(_MARGIN))
        level[near] = distance[near] / np.exp(swelling)
        return level

    def fraction(self, level: Array) -> Array:
        """(...) share of tumour in a voxel, from its level."""
        return np.asarray(expit((1 - level) * self.radius_mm / _EDGE_MM))

    def properties(self, points_mm: Array, level: Array) -> TumourProperties:
        """Properties at (n, 3) points of the given (n,) levels.

        The rim is hyperperfused, the core hypoperfused and of freer diffusion; within each the texture varies
        perfusion and, the other way, diffusivity, as cellularity does.
        """
        texture = self.texture(points_mm)
        core = expit((self.core - level - 0.08 * texture) / 0.06)
        rim = expit((level - 0.75) / 0.06)
        spread = self.heterogeneity
        vary = np.exp(spread * texture - spread**2 / 2)
        return TumourProperties(
            ktrans_per_min=self.ktrans_per_min * (1 + 0.35 * rim) * (1 - 0.7 * core) * vary,
            ve=np.clip(self.ve * (1 + 0.25 * core), 0.05, 0.95),
            vp=self.vp * (1 + 0.35 * rim) * (1 - 0.8 * core),
            diffusivity_mm2_s=self.diffusivity_mm2_s
            * (1 + 0.35 * core)
            * np.exp(-0.5 * spread * texture - spread**2 / 8),
            kurtosis=self.kurtosis * (1 - 0.25 * core),
            perfusion_fraction=self.perfusion_fraction * (1 - 0.8 * core),
        )
