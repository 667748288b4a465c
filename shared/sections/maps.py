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


class MapName(StrEnum):
    """A map that a site can compute (`client.maps`)."""

    PERCENT_ENHANCEMENT = "percent_enhancement"
    FUNCTIONAL_TUMOUR_VOLUME = "functional_tumour_volume"
    ADC = "adc"


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
    """A map of how much and how fast the dynamic series enhances."""

    name: Literal[MapName.PERCENT_ENHANCEMENT]


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


class BValueRange(Section):
    """Which diffusion-weighted images enter a fit."""

    minimum_b: float = Field(default=0, ge=0)
    """b-values (s/mm²) under this are left out; perfusion at low b raises the ADC by up to 12 %."""
    maximum_b: float = Field(default=5000, gt=0)
    """b-values (s/mm²) over this are left out."""


class DiffusionRequest(BValueRange):
    """A map from diffusion-weighted images, without settings of its own."""

    name: Literal[MapName.ADC]


MapRequest = Annotated[
    EnhancementRequest | FunctionalTumourVolumeRequest | DiffusionRequest, Field(discriminator="name")
]
"""One map and its settings."""
