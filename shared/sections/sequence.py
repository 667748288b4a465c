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


QUANTITATIVE = frozenset(Sequence) - {Sequence.DCE, Sequence.DWI, Sequence.T2}
"""Sequences whose numbers have units: they are never normalised, and features treat them as maps."""
