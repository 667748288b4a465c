"""Which quantitative maps a study computes, and the settings of each.

Maps that share their settings share a class here. A map is asked for by name, with settings beside the name::

    maps:
      - name: percent_enhancement
        early_s: 120
      - name: adc
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.sections.section import Section
from shared.sections.sequence import Sequence


class MapName(StrEnum):
    """A map that a site can compute (`client.imaging.maps`)."""

    PERCENT_ENHANCEMENT = "percent_enhancement"
    WASH_IN = "wash_in"
    WASHOUT = "washout"
    SIGNAL_ENHANCEMENT_RATIO = "signal_enhancement_ratio"
    CURVE_TYPE = "curve_type"
    TIME_TO_PEAK = "time_to_peak"
    MAXIMUM_SLOPE = "maximum_slope"
    FUNCTIONAL_TUMOUR_VOLUME = "functional_tumour_volume"
    BACKGROUND_ENHANCEMENT = "background_enhancement"
    T1 = "t1"
    TOFTS = "tofts"
    EXTENDED_TOFTS = "extended_tofts"
    EXTENDED_TOFTS_LINEAR = "extended_tofts_linear"
    PATLAK = "patlak"
    ADC = "adc"
    IVIM = "ivim"
    IVIM_SEGMENTED = "ivim_segmented"
    DKI = "dki"
    DKI_TENSOR = "dki_tensor"
    STRETCHED_EXPONENTIAL = "stretched_exponential"
    CTRW = "ctrw"
    RESTRICTION_SPECTRUM = "restriction_spectrum"
    TIME_DEPENDENT_DIFFUSION = "time_dependent_diffusion"
    APT_WEIGHTED = "apt_weighted"
    VENDOR_MAP = "vendor_map"


class PhaseChoice(Section):
    """Dynamic phases, chosen by seconds after injection (centre of k-space)."""

    early_s: float = Field(default=100, gt=0)
    """The phase nearest to this is the early one."""
    late_s: float = Field(default=360, gt=0)
    """The phase nearest to this is the late one."""
    tolerance_s: float = Field(default=90, gt=0)
    """A site without a phase this near refuses the map."""

    @model_validator(mode="after")
    def _in_order(self) -> "PhaseChoice":
        if self.late_s <= self.early_s:
            raise ValueError("late_s must be later than early_s")
        return self


class EnhancementRequest(PhaseChoice):
    """How the signal before contrast, early and late after it relate to each other."""

    name: Literal[
        MapName.PERCENT_ENHANCEMENT,
        MapName.WASH_IN,
        MapName.WASHOUT,
        MapName.SIGNAL_ENHANCEMENT_RATIO,
        MapName.CURVE_TYPE,
    ]


class CurveRequest(Section):
    """A property of the whole enhancement curve."""

    name: Literal[MapName.TIME_TO_PEAK, MapName.MAXIMUM_SLOPE]


class FunctionalTumourVolumeRequest(PhaseChoice):
    """Strongly enhancing, connected tissue inside the volume of interest."""

    name: Literal[MapName.FUNCTIONAL_TUMOUR_VOLUME]
    minimum_enhancement_percent: float = 70
    minimum_signal: float | None = Field(default=None, ge=0)
    """Pre-contrast signal under which a voxel is background, in the images' own units; where absent it is
    `minimum_signal_share` of the 95th percentile of the pre-contrast signal in the volume of interest."""
    minimum_signal_share: float = Field(default=0.6, ge=0, le=1)
    minimum_neighbours: int = Field(default=4, ge=0, le=26)
    """How many of a voxel's 26 neighbours must pass the same thresholds."""


class BackgroundEnhancementRequest(PhaseChoice):
    """Share of the fibroglandular tissue that enhances, in the breast without the tumour."""

    name: Literal[MapName.BACKGROUND_ENHANCEMENT]
    minimum_enhancement_percent: float = 20


class T1Request(Section):
    """T1 from spoiled gradient echoes with several flip angles."""

    name: Literal[MapName.T1]


class ArterialInput(StrEnum):
    """Published population average of the arterial concentration."""

    PARKER = "parker"
    GEORGIOU = "georgiou"


class PharmacokineticRequest(Section):
    """A tracer-kinetic model of the contrast agent's concentration."""

    name: Literal[MapName.TOFTS, MapName.EXTENDED_TOFTS, MapName.EXTENDED_TOFTS_LINEAR, MapName.PATLAK]
    arterial_input: ArterialInput = ArterialInput.PARKER
    haematocrit: float = Field(default=0.42, ge=0, lt=1)
    relaxivity: float = Field(default=4.5, gt=0)
    """r1 of the contrast agent in plasma, litre per millimole and second."""
    t1_ms: float | None = Field(default=None, gt=0)
    """T1 before contrast that holds everywhere; where absent it is measured (flip angles or a vendor's map)."""
    bolus_delay_s: float = Field(default=0, ge=0, le=60)
    """Seconds from the injection to the arrival of the bolus; `fit_delay` searches on from it."""
    fit_delay: bool = True
    """Whether the non-linear models search the delay voxel by voxel, up to 30 s beyond `bolus_delay_s`."""


class BValueRange(Section):
    """Which diffusion-weighted images enter a fit."""

    minimum_b: float = Field(default=0, ge=0)
    """b-values (s/mm²) under this are left out; perfusion at low b raises the ADC by up to 12 %."""
    maximum_b: float = Field(default=5000, gt=0)
    """b-values (s/mm²) over this are left out."""


class DiffusionRequest(BValueRange):
    """A map from diffusion-weighted images, without settings of its own."""

    name: Literal[
        MapName.ADC,
        MapName.IVIM,
        MapName.DKI,
        MapName.DKI_TENSOR,
        MapName.STRETCHED_EXPONENTIAL,
        MapName.CTRW,
        MapName.RESTRICTION_SPECTRUM,
    ]


class SegmentedIvimRequest(BValueRange):
    """Perfusion and diffusion apart, in two steps."""

    name: Literal[MapName.IVIM_SEGMENTED]
    perfusion_free_b: float = Field(default=200, gt=0)
    """From this b-value (s/mm²) on, perfusion no longer contributes."""


class TimeDependentDiffusionRequest(Section):
    """Cell size from diffusion times."""

    name: Literal[MapName.TIME_DEPENDENT_DIFFUSION]
    intracellular_diffusivity: float = Field(default=1.56e-3, gt=0)
    """Free diffusivity inside cells, mm²/s; held, since the diffusion times of scanners do not determine it."""


class AptRequest(Section):
    """Amide proton transfer."""

    name: Literal[MapName.APT_WEIGHTED]
    offset_ppm: float = Field(default=3.5, gt=0)


class VendorQuantity(StrEnum):
    """A quantity of which scanners write maps; named as the sequence where it is one."""

    ADC = "adc"
    APT = "apt"
    T1 = "t1_map"
    T2 = "t2_map"
    PD = "pd_map"
    PE = "pe_map"
    SER = "ser_map"
    CELL_DIAMETER = "cell_diameter"
    CELLULARITY = "cellularity"
    INTRACELLULAR_FRACTION = "intracellular_fraction"
    B1 = "b1_map"
    B0 = "b0_map"


class VendorMapRequest(Section):
    """A map that the scanner computed."""

    name: Literal[MapName.VENDOR_MAP]
    quantity: VendorQuantity


READS: dict[MapName, tuple[Sequence, ...]] = {
    **dict.fromkeys(MapName, (Sequence.DCE,)),
    **dict.fromkeys(
        (
            MapName.ADC,
            MapName.IVIM,
            MapName.IVIM_SEGMENTED,
            MapName.DKI,
            MapName.STRETCHED_EXPONENTIAL,
            MapName.CTRW,
            MapName.RESTRICTION_SPECTRUM,
        ),
        (Sequence.DWI, Sequence.DWI_DIRECTIONS),
    ),
    MapName.DKI_TENSOR: (Sequence.DWI_DIRECTIONS,),
    MapName.T1: (Sequence.FLIP_ANGLES,),
    MapName.TIME_DEPENDENT_DIFFUSION: (Sequence.DIFFUSION_TIMES,),
    MapName.APT_WEIGHTED: (Sequence.SATURATION,),
    MapName.VENDOR_MAP: tuple(Sequence),
}
"""Sequences of which a map reads one."""

MapRequest = Annotated[
    EnhancementRequest
    | CurveRequest
    | FunctionalTumourVolumeRequest
    | BackgroundEnhancementRequest
    | T1Request
    | PharmacokineticRequest
    | DiffusionRequest
    | SegmentedIvimRequest
    | TimeDependentDiffusionRequest
    | AptRequest
    | VendorMapRequest,
    Field(discriminator="name"),
]
"""One map and its settings."""
