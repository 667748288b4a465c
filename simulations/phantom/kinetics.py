"""Contrast agent in plasma and tissue: Parker's arterial input function and the extended Tofts model."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HAEMATOCRIT = 0.42
STEP_S = 0.5
"""Step of the convolution: a seventh of the narrowest Gaussian of the input function."""


def parker_plasma(seconds: Array) -> Array:
    """Plasma concentration after 0.1 mmol/kg, from the population blood curve.

    Parameters
    ----------
    seconds : (n,) after the arrival of the bolus

    Returns
    -------
    (n,) mmol/L; 0 before the arrival

    Reference: Parker et al., Magn Reson Med 56 (2006) 993, equation 1 and table 1.
    """
    minutes = np.maximum(np.asarray(seconds, float), 0) / 60
    blood = np.zeros_like(minutes)
    for area, centre, width in ((0.809, 0.17046, 0.0563), (0.330, 0.365, 0.132)):
        blood += area / (width * np.sqrt(2 * np.pi)) * np.exp(-((minutes - centre) ** 2) / (2 * width**2))
    blood += 1.050 * np.exp(-0.1685 * minutes) / (1 + np.exp(-38.078 * (minutes - 0.483)))
    return np.where(np.asarray(seconds) > 0, blood / (1 - HAEMATOCRIT), 0.0)


def extended_tofts(seconds: Array, ktrans_per_min: Array, ve: Array, vp: Array) -> Array:
    """Tissue concentration by the extended Tofts model with Parker's input.

    C(t) = vp Cp(t) + Ktrans int_0^t Cp(u) exp(-kep (t - u)) du, kep = Ktrans / ve, with Cp linear between
    steps of half a second, over which the convolution is exact.

    Parameters
    ----------
    seconds : (n_t,) after the arrival of the bolus, ascending
    ktrans_per_min, ve, vp : (voxels,) transfer constant, extravascular and plasma fractions

    Returns
    -------
    (voxels, n_t) mmol/L

    Reference: Tofts et al., J Magn Reson Imaging 10 (1999) 223.
    """
    ktrans_per_s = np.asarray(ktrans_per_min, float) / 60
    kep_step = ktrans_per_s / ve * STEP_S
    decay = np.exp(-kep_step)
    # Integral over one step of a straight line times the exponential: weights of its two ends. The series
    # replaces the quotients where they would cancel.
    small = kep_step < 1e-4
    safe = np.where(small, 1.0, kep_step)
    new = np.where(small, 0.5 - kep_step / 6, (safe - 1 + np.exp(-safe)) / safe**2) * STEP_S
    old = np.where(small, 0.5 - kep_step / 3, (1 - (1 + safe) * np.exp(-safe)) / safe**2) * STEP_S

    steps = int(np.ceil(max(float(seconds[-1]), 0.0) / STEP_S)) + 1
    plasma = parker_plasma(STEP_S * np.arange(steps + 1, dtype=np.float64))
    concentration = np.zeros((len(ktrans_per_s), len(seconds)))
    at = np.maximum(np.asarray(seconds, float), 0) / STEP_S
    before = np.floor(at).astype(int)
    leaked = np.zeros_like(ktrans_per_s)
    for step in range(steps):
        following = decay * leaked + old * plasma[step] + new * plasma[step + 1]
        for index in np.flatnonzero(before == step):
            part = at[index] - step
            concentration[:, index] = ktrans_per_s * ((1 - part) * leaked + part * following) + vp * (
                (1 - part) * plasma[step] + part * plasma[step + 1]
            )
        leaked = following
    return concentration
