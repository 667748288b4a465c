"""A breast: skin, fat and fibroglandular tissue on the muscle of the chest wall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulations.phantom.random_field import RandomField
from simulations.phantom.tissue import Tissue

Array = NDArray[np.float64]

_SKIN_MM = 2.0
_MUSCLE_MM = (7.0, 22.0)
"""Where muscle begins and ends behind the chest's surface; beyond it lies the lung, which gives no signal."""
_JOIN_MM = 4.0
"""Width over which breast and chest merge."""
_EDGE_MM = 0.6
"""Width of the transition between tissues: the partial volume of a voxel of about a millimetre."""


@dataclass(frozen=True)
class Breast:
    """One breast, hanging from the chest wall towards the front (-y).

    Attributes
    ----------
    base_mm : (3,) middle of its base on the chest's surface, LPS
    semi_axes_mm : (3,) half width (x), depth (y), half height (z)
    density : 0 (fatty) to 1 (dense): how much fibroglandular tissue it holds
    lobules, strands : coarse and fine texture of the fibroglandular tissue
    """

    base_mm: Array
    semi_axes_mm: Array
    density: float
    lobules: RandomField
    strands: RandomField

    @property
    def middle_mm(self) -> Array:
        """(3,) about the middle of the breast: what a technician centres the field of view on."""
        return np.asarray(self.base_mm - np.array([0.0, 0.4 * self.semi_axes_mm[1], 0.0]))

    def depth_mm(self, points_mm: Array) -> Array:
        """(...) distance under the skin's surface, negative in the air."""
        offset = points_mm - self.base_mm
        relative = np.sqrt(((offset / self.semi_axes_mm) ** 2).sum(-1))
        breast = (1 - relative) * self.semi_axes_mm.mean()
        return np.asarray(_JOIN_MM * np.logaddexp(breast / _JOIN_MM, offset[..., 1] / _JOIN_MM))

    def fractions(self, points_mm: Array) -> Array:
        """(tissues, ...) share of each tissue in a voxel; what is missing to 1 is air."""
        depth = self.depth_mm(points_mm)
        behind = points_mm[..., 1] - self.base_mm[1]
        inside = expit(depth / _EDGE_MM)
        under_skin = expit((depth - _SKIN_MM) / _EDGE_MM)
        muscle = under_skin * expit((behind - _MUSCLE_MM[0]) / _EDGE_MM)
        lung = expit((behind - _MUSCLE_MM[1]) / _EDGE_MM)

        gland = np.zeros(depth.shape)
        candidate = (depth > 1.0) & (behind < _MUSCLE_MM[0])
        gland[candidate] = self._gland(points_mm[candidate], depth[candidate])

        fractions = np.zeros((len(Tissue), *depth.shape))
        fractions[Tissue.SKIN] = inside - under_skin
        fractions[Tissue.MUSCLE] = muscle
        fractions[Tissue.FIBROGLANDULAR] = (under_skin - muscle) * gland
        fractions[Tissue.FAT] = (under_skin - muscle) * (1 - gland)
        fractions *= 1 - lung
        return fractions

    def _gland(self, points_mm: Array, depth_mm: Array) -> Array:
        """(n,) share of fibroglandular tissue: a lobulated cone behind the nipple, clear of the skin."""
        offset = (points_mm - self.base_mm) / self.semi_axes_mm
        forward = np.clip(-offset[:, 1], 0, 1)
        cone = np.hypot(offset[:, 0], offset[:, 2]) / (1.0 - 0.55 * forward)
        clear = np.minimum((depth_mm - 4.0) / 3.0, 1.0)
        level = 2.6 * self.density + 0.9 * self.lobules(points_mm) - 2.4 * cone**2 + 0.5 * clear - 0.9
        level += 0.45 * self.strands(points_mm)
        level -= 3.0 * np.clip(0.12 - forward, 0, None) / 0.12
        return expit(level / 0.25) * expit((depth_mm - 3.5) / 0.8)
