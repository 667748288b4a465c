"""The kinds of MRI series, as a study names them."""

from enum import StrEnum


class Sequence(StrEnum):
    """A kind of MRI series, as a study names it."""

    DCE = "dce"
    DWI = "dwi"
    T2 = "t2"
    ADC = "adc"
    """The scanner's own map; a study that computes it asks for `maps: adc` instead."""
    APT = "apt"
    T1_MAP = "t1_map"
    T2_MAP = "t2_map"
    PD_MAP = "pd_map"
    PE_MAP = "pe_map"
    SER_MAP = "ser_map"
    CELL_DIAMETER = "cell_diameter"
    CELLULARITY = "cellularity"
    INTRACELLULAR_FRACTION = "intracellular_fraction"
    B1_MAP = "b1_map"
    """Actual over nominal flip angle."""
    B0_MAP = "b0_map"
    """Offset of the water resonance."""
    DWI_DIRECTIONS = "dwi_directions"
    """The diffusion-weighted series once more, every gradient direction kept apart."""
    FLIP_ANGLES = "flip_angles"
    """Spoiled gradient echoes with several flip angles, before contrast."""
    DIFFUSION_TIMES = "diffusion_times"
    """Diffusion-weighted images with several diffusion times, pulsed or oscillating."""
    SATURATION = "saturation"
    """Images after saturation at several offsets from water (CEST)."""


REPEATED = frozenset({Sequence.DWI_DIRECTIONS, Sequence.FLIP_ANGLES, Sequence.DIFFUSION_TIMES, Sequence.SATURATION})
"""Sequences of several images that maps alone read; no features are taken of them."""

QUANTITATIVE = frozenset(Sequence) - REPEATED - {Sequence.DCE, Sequence.DWI, Sequence.T2}
"""Sequences whose numbers have units: they are never normalized, and features treat them as maps."""
