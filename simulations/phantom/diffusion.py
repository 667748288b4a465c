"""Diffusion-weighted signal: perfusion and a distribution of diffusivities."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PSEUDO_DIFFUSIVITY_MM2_S = 15e-3


def attenuation(
    b_value: float,
    diffusivity_mm2_s: Array | float,
    kurtosis: Array | float,
    perfusion_fraction: Array | float,
) -> Array:
    """S / S0 at one b-value.

    Diffusivities follow a gamma distribution of mean D and variance K D^2 / 3, so that the tissue part is
    (1 + b D K / 3)^(-3 / K). It agrees with the kurtosis expansion -b D + b^2 D^2 K / 6 to second order, falls
    for every b (the expansion turns up again beyond b = 3 / (D K)), and tends to exp(-b D) as K vanishes.
    A fraction of blood adds exp(-b D*).

    Parameters
    ----------
    b_value : s/mm^2
    diffusivity_mm2_s, kurtosis, perfusion_fraction : of shapes that broadcast

    Reference: Oshio, Shinmoto and Mulkern, Magn Reson Med Sci 13 (2014) 191; Le Bihan et al., Radiology 168
    (1988) 497 for the perfusion term.
    """
    exponent = b_value * np.asarray(diffusivity_mm2_s, float)
    third = np.asarray(kurtosis, float) / 3
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.where(third > 1e-9, -np.log1p(exponent * third) / third, -exponent)
    blood = np.exp(-b_value * PSEUDO_DIFFUSIVITY_MM2_S)
    return np.asarray(perfusion_fraction * blood + (1 - np.asarray(perfusion_fraction)) * np.exp(logarithm))
