"""The noiseless DCE series of a body."""

import numpy as np
from numpy.typing import NDArray

from simulations.phantom.body import Body, Composition
from simulations.phantom.coil import Coil
from simulations.phantom.grid import Grid
from simulations.phantom.kinetics import extended_tofts
from simulations.phantom.spoiled_gradient_echo import signal
from simulations.phantom.tissue import CONSTANTS, Tissue
from simulations.scanner import DceProtocol

Array = NDArray[np.float64]

_BACKGROUND = tuple(tissue for tissue in Tissue if tissue is not Tissue.TUMOUR)


def dynamic_series(
    body: Body,
    protocol: DceProtocol,
    field_t: float,
    coil: Coil,
    grid: Grid,
    after_arrival_s: Array,
    displacement_mm: Array,
) -> Array:
    """Signal of every phase: the spoiled gradient echo of each tissue by its share of a voxel.

    Parameters
    ----------
    after_arrival_s : (phases,) centre of k-space after the arrival of the bolus, ascending; negative before
    displacement_mm : (phases, 3) where the body has moved to, LPS; the coils stay

    Returns
    -------
    (phases, slices, rows, columns)
    """
    points = grid.points_mm()
    flip_deg = protocol.flip_deg * coil.flip_scale(points)
    sensitivity = coil.sensitivity(points)
    series = np.empty((len(after_arrival_s), *grid.shape))
    for moved in np.unique(displacement_mm, axis=0):
        composition = body.at(points - moved)
        phases = np.flatnonzero((displacement_mm == moved).all(1)).tolist()
        r1 = _Relaxation(body, composition, protocol, field_t, after_arrival_s)
        for phase in phases:
            series[phase] = sensitivity * _volume(composition, r1, phase, protocol, field_t, flip_deg)
    return series


class _Relaxation:
    """R1 per second of each tissue in each phase: R10 + r1 C(t)."""

    def __init__(
        self, body: Body, composition: Composition, protocol: DceProtocol, field_t: float, seconds: Array
    ) -> None:
        r1 = protocol.relaxivity_l_per_mmol_s
        rows = [CONSTANTS[tissue] for tissue in _BACKGROUND]
        ktrans = np.array([constants.ktrans_per_min for constants in rows])
        ktrans[_BACKGROUND.index(Tissue.FIBROGLANDULAR)] *= body.background
        ve, vp = np.array([constants.ve for constants in rows]), np.array([constants.vp for constants in rows])
        r10 = np.array([1000 / constants.t1_ms[field_t] for constants in rows])
        self.background = r10[:, None] + r1 * extended_tofts(seconds, ktrans, ve, vp)
        """(tissues but the tumour, phases)"""
        tumour = composition.properties
        t1_ms = CONSTANTS[Tissue.TUMOUR].t1_ms[field_t] * body.tumour_t1
        self.tumour = 1000 / t1_ms + r1 * extended_tofts(seconds, tumour.ktrans_per_min, tumour.ve, tumour.vp)
        """(tumorous voxels, phases)"""


def _volume(
    composition: Composition,
    r1: _Relaxation,
    phase: int,
    protocol: DceProtocol,
    field_t: float,
    flip_deg: Array,
) -> Array:
    volume = np.zeros(flip_deg.shape)
    for tissue, rates in zip(_BACKGROUND, r1.background, strict=True):
        share = composition.fractions[tissue]
        there = share > 0
        volume[there] += (
            share[there] * _weight(tissue, protocol, field_t) * signal(rates[phase], flip_deg[there], protocol.tr_ms)
        )
    there = composition.tumorous
    volume[there] += (
        composition.fractions[Tissue.TUMOUR][there]
        * _weight(Tissue.TUMOUR, protocol, field_t)
        * signal(r1.tumour[:, phase], flip_deg[there], protocol.tr_ms)
    )
    return volume


def _weight(tissue: Tissue, protocol: DceProtocol, field_t: float) -> float:
    """Proton density, decay until the echo (by T2: the echo is short), fat suppression."""
    constants = CONSTANTS[tissue]
    suppressed = protocol.fat_residual if tissue is Tissue.FAT else 1.0
    return constants.proton_density * float(np.exp(-protocol.te_ms / constants.t2_ms[field_t])) * suppressed


def reference_signal(protocol: DceProtocol, field_t: float) -> float:
    """Signal of fibroglandular tissue before contrast at the nominal flip angle: what SNR refers to."""
    r1_per_s = 1000 / CONSTANTS[Tissue.FIBROGLANDULAR].t1_ms[field_t]
    return _weight(Tissue.FIBROGLANDULAR, protocol, field_t) * float(
        signal(r1_per_s, protocol.flip_deg, protocol.tr_ms)
    )
