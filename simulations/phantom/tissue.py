"""Tissues of the breast and the constants that its signal depends on."""

from dataclasses import dataclass
from enum import IntEnum


class Tissue(IntEnum):
    """A tissue; the value is its index in arrays of tissue fractions."""

    SKIN = 0
    FAT = 1
    FIBROGLANDULAR = 2
    MUSCLE = 3
    TUMOUR = 4


@dataclass(frozen=True)
class Constants:
    """What a tissue is made of.

    Attributes
    ----------
    proton_density : relative to water
    t1_ms, t2_ms : relaxation times by field strength in tesla
    diffusivity_mm2_s, kurtosis, perfusion_fraction : of the diffusion signal
    ktrans_per_min, ve, vp : extended Tofts; 0, 1, 0 where nothing enhances
    """

    proton_density: float
    t1_ms: dict[float, float]
    t2_ms: dict[float, float]
    diffusivity_mm2_s: float
    kurtosis: float
    perfusion_fraction: float
    ktrans_per_min: float
    ve: float
    vp: float


# 3 T: Edden et al., J Magn Reson Imaging 32 (2010) 982 (fat 423/154 ms, fibroglandular 1680/71 ms).
# 1.5 T: Rakow-Penner et al., J Magn Reson Imaging 23 (2006) 87. Muscle: Stanisz et al., Magn Reson Med 54
# (2005) 507. Skin is taken as muscle. The tumour's diffusion and kinetics are the patient's own.
CONSTANTS: dict[Tissue, Constants] = {
    Tissue.SKIN: Constants(0.7, {1.5: 1008, 3.0: 1412}, {1.5: 44, 3.0: 50}, 1.2e-3, 0.6, 0.02, 0.03, 0.30, 0.01),
    Tissue.FAT: Constants(0.9, {1.5: 296, 3.0: 423}, {1.5: 53, 3.0: 154}, 0.05e-3, 0.0, 0.0, 0.0, 1.0, 0.0),
    Tissue.FIBROGLANDULAR: Constants(
        0.8, {1.5: 1266, 3.0: 1680}, {1.5: 58, 3.0: 71}, 1.85e-3, 0.5, 0.03, 0.025, 0.30, 0.01
    ),
    Tissue.MUSCLE: Constants(0.8, {1.5: 1008, 3.0: 1412}, {1.5: 44, 3.0: 50}, 1.5e-3, 0.6, 0.05, 0.05, 0.15, 0.02),
    Tissue.TUMOUR: Constants(0.9, {1.5: 1200, 3.0: 1500}, {1.5: 75, 3.0: 80}, 1.13e-3, 1.05, 0.06, 0.25, 0.45, 0.04),
}
