"""The noiseless DWI series of a body."""

import numpy as np
from numpy.typing import NDArray

from simulations.phantom.body import Body
from simulations.phantom.coil import Coil
from simulations.phantom.diffusion import attenuation
from simulations.phantom.grid import Grid
from simulations.phantom.tissue import CONSTANTS, Tissue
from simulations.scanner import DwiProtocol

Array = NDArray[np.float64]

_FAT_RESIDUAL = 0.03
"""Echo-planar images need fat suppressed well: its chemical shift is centimetres."""


def weighted_series(
    body: Body, protocol: DwiProtocol, field_t: float, coil: Coil, grid: Grid, shift_mm: float
) -> Array:
    """Signal at every b-value: spin-echo echo-planar, trace-weighted.

    Parameters
    ----------
    shift_mm : displacement towards increasing row index (phase encoding) by the field's inhomogeneity

    Returns
    -------
    (b-values, slices, rows, columns)
    """
    points = grid.points_mm()
    composition = body.at(points - shift_mm * grid.directions[1])
    sensitivity = coil.sensitivity(points)
    tumour = composition.properties
    there = composition.tumorous
    series = np.empty((len(protocol.b_values), *grid.shape))
    for index, b_value in enumerate(protocol.b_values):
        volume = np.zeros(grid.shape)
        for tissue in Tissue:
            constants = CONSTANTS[tissue]
            if tissue is not Tissue.TUMOUR:
                volume += (
                    composition.fractions[tissue]
                    * _unweighted(tissue, protocol, field_t)
                    * attenuation(
                        b_value,
                        constants.diffusivity_mm2_s,
                        constants.kurtosis,
                        constants.perfusion_fraction,
                    )
                )
        volume[there] += (
            composition.fractions[Tissue.TUMOUR][there]
            * _unweighted(Tissue.TUMOUR, protocol, field_t)
            * attenuation(b_value, tumour.diffusivity_mm2_s, tumour.kurtosis, tumour.perfusion_fraction)
        )
        series[index] = sensitivity * volume
    return series


def _unweighted(tissue: Tissue, protocol: DwiProtocol, field_t: float) -> float:
    """Signal without diffusion weighting: PD exp(-TE / T2) (1 - exp(-TR / T1))."""
    constants = CONSTANTS[tissue]
    suppressed = _FAT_RESIDUAL if tissue is Tissue.FAT else 1.0
    recovered = 1 - np.exp(-protocol.tr_ms / constants.t1_ms[field_t])
    decayed = np.exp(-protocol.te_ms / constants.t2_ms[field_t])
    return constants.proton_density * float(recovered * decayed) * suppressed


def reference_signal(protocol: DwiProtocol, field_t: float) -> float:
    """Signal of a typical tumour at the highest b-value: what SNR refers to."""
    tumour = CONSTANTS[Tissue.TUMOUR]
    kept = attenuation(protocol.b_values[-1], tumour.diffusivity_mm2_s, tumour.kurtosis, tumour.perfusion_fraction)
    return _unweighted(Tissue.TUMOUR, protocol, field_t) * float(kept)
