"""Which quantitative maps a study computes."""

from enum import StrEnum

from shared.sections.section import Section


class MapName(StrEnum):
    """A map that a site can compute (`client.maps`)."""

    PERCENT_ENHANCEMENT = "percent_enhancement"
    ADC = "adc"


class MapRequest(Section):
    """One map and its settings."""

    name: MapName
