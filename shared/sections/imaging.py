"""Which sequences a study uses and what is done to them before features are taken."""

from enum import StrEnum

from pydantic import Field

from shared.sections.section import Section


class Sequence(StrEnum):
    """A kind of MRI series, as a study names it."""

    DCE = "dce"
    DWI = "dwi"
    T2 = "t2"
    ADC = "adc"
    APT = "apt"
    T1_MAP = "t1_map"
    T2_MAP = "t2_map"
    PD_MAP = "pd_map"
    PE_MAP = "pe_map"
    SER_MAP = "ser_map"


class Imaging(Section):
    """Sequences that a patient needs, and the geometry in which everything is aligned."""

    sequences: tuple[Sequence, ...] = Field(min_length=1)
    spacing_mm: tuple[float, float, float] | None = None
    """Isotropic or not; none keeps the native grid of the reference sequence (DCE where present)."""
