"""Gabor energies within slices, averaged over orientations.

A Gabor filter is a wave under a Gaussian; the modulus of its response says how strong a stripe of that wavelength
is there. Averaged over orientations it does not depend on how the patient lay.

Beside the filter of IBSI-2 (`ibsi.filters` in a study), this one has a bandwidth of one octave, is normalized, and
answers a constant with nothing.

Reference: Daugman, J. Opt. Soc. Am. A 2 (1985) 1160.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from client.imaging.radiomics.plugin import Cut, FeaturePlugin

# Width of the Gaussian over the wavelength for a bandwidth of one octave.
_OCTAVE = np.sqrt(np.log(2) / 2) / np.pi * 3
_CUT_OFF_SIGMA = 3


def names(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Mean and spread for each wavelength."""
    return tuple(
        f"Wavelength{wavelength_mm:g}mm{statistic}".replace(".", "-")
        for wavelength_mm in settings["wavelengths_mm"]
        for statistic in ("Mean", "Deviation")
    )


def reach_mm(settings: Mapping[str, Any], _: tuple[float, ...]) -> float:
    """Where the Gaussian of the longest wave is cut off."""
    return float(_CUT_OFF_SIGMA * _OCTAVE * max(settings["wavelengths_mm"]))


def features(cut: Cut, settings: Mapping[str, Any]) -> dict[str, float]:
    """Mean and standard deviation of the modulus inside the region."""
    values: list[float] = []
    for wavelength_mm in settings["wavelengths_mm"]:
        energy = np.zeros(cut.voxels.shape)
        for turn in range(settings["orientations"]):
            angle = np.pi * turn / settings["orientations"]
            kernel = gabor_kernel(wavelength_mm, angle, cut.spacing_mm[1:])
            energy += np.abs(_within_slices(cut.voxels, kernel))
        inside = energy[cut.inside] / settings["orientations"]
        values += [float(inside.mean()), float(inside.std())]
    return dict(zip(names(settings), values, strict=True))


def gabor_kernel(wavelength_mm: float, angle: float, spacing_mm: tuple[float, ...]) -> NDArray[np.complex128]:
    """(rows, columns) wave under a Gaussian, without response to a constant.

    Parameters
    ----------
    wavelength_mm : of the wave
    angle : of its direction against the rows, in radians
    spacing_mm : of rows and columns
    """
    sigma_mm = _OCTAVE * wavelength_mm
    reach = [int(np.ceil(_CUT_OFF_SIGMA * sigma_mm / mm)) for mm in spacing_mm]
    y, x = (np.arange(-far, far + 1) * mm for far, mm in zip(reach, spacing_mm, strict=True))
    gaussian = np.exp(-(y[:, None] ** 2 + x[None, :] ** 2) / (2 * sigma_mm**2))
    gaussian /= gaussian.sum()
    along = x[None, :] * np.cos(angle) + y[:, None] * np.sin(angle)
    wave = np.exp(2j * np.pi * along / wavelength_mm)
    return np.asarray(gaussian * (wave - (gaussian * wave).sum()))


def _within_slices(voxels: NDArray[np.float64], kernel: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Convolution of each slice, its edges continued."""
    margin = [(size // 2, size // 2) for size in kernel.shape]
    padded = np.pad(voxels, [(0, 0), *margin], mode="edge")
    return np.asarray(fftconvolve(padded, kernel[None], mode="valid", axes=(1, 2)))


PLUGIN = FeaturePlugin({"wavelengths_mm": [4.0, 8.0], "orientations": 8}, names, reach_mm, features)
