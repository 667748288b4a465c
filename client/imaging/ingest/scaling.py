"""From stored values to what they mean: real-world mapping, Philips' own scale, rescale slope.

Philips writes up to three scales. D = stored x RS + RI is what the console displays, set anew for every series. P = D /
(RS x SS), with the private scale slope SS (2005,100E), is comparable between images of one examination (Chenevert et
al., Translational Oncology 7 (2014) 65). A real-world value mapping counts where it leads to a unit; most of Philips'
repeat the display scale "without units", and mean nothing (dcm2niix, issue 493).
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import number, private_number, text
from client.imaging.ingest.private import Private

_SCALE_SLOPE = Private("philips", "Philips MR Imaging DD 001", 0x2005, 0x0E, "<f")
_REPEATS = 1e-4
"""Relative difference up to which a mapping repeats the rescale slope."""

# UCUM codes and rescale types as scanners write them, in the spelling of client.imaging.maps.vendor_map.
_UNITS = {
    "%": "%",
    "ms": "ms",
    "s": "s",
    "mm2/s": "mm2/s",
    "um2/s": "um2/s",
    "10-6.mm2/s": "10^-6 mm2/s",
    "10*-6.mm2/s": "10^-6 mm2/s",
    "10-3.mm2/s": "10^-3 mm2/s",
    "10*-3.mm2/s": "10^-3 mm2/s",
    "{ratio}": "1",
    "ppm": "ppm",
    "[ppm]": "ppm",
    "hz": "Hz",
    "um": "um",
    "1": "1",
}
_NO_UNITS = frozenset(("", "1", "no units", "no unit", "none", "us", "unspecified", "normalized", "{no units}", "[1]"))
"""What stands where a unit should, and is none."""


class Scale(StrEnum):
    """What brought stored values to what they mean: images on different scales cannot be compared."""

    STORED = "stored values"
    DISPLAY = "rescale slope"
    PRECISE = "Philips scale slope"
    REAL_WORLD = "real-world mapping"


@dataclass(frozen=True)
class Scaling:
    """Meaning = slope x stored + intercept."""

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    """Unit where the header declares one that is known; empty otherwise."""
    scale: Scale = field(default=Scale.STORED, compare=False)
    """By what they were brought there."""


@dataclass(frozen=True)
class _Line:
    slope: float
    intercept: float
    units: str
    """As the header writes them."""

    @property
    def has_units(self) -> bool:
        return self.units.strip().lower() not in _NO_UNITS


def scaling(dataset: Dataset, groups: tuple[Dataset, ...] = ()) -> Scaling:
    """Scaling of one image.

    A mapping or a rescale slope that leads to a unit comes first; a mapping without one where it says something else
    than the rescale slope. Otherwise Philips' values are brought onto the scale that its images share, and others'
    rescale slope holds.

    Parameters
    ----------
    dataset : header of a classic object, or of the whole Enhanced one
    groups : functional groups of one frame, the frame's own first
    """
    places = (*groups, dataset)
    mapping, rescale = _mapping(places), _rescale(places)
    if mapping is not None and mapping.has_units:
        return Scaling(mapping.slope, mapping.intercept, _unit(mapping.units), Scale.REAL_WORLD)
    if rescale is not None and rescale.has_units and _unit(rescale.units):
        return Scaling(rescale.slope, rescale.intercept, _unit(rescale.units), Scale.DISPLAY)
    if mapping is not None and rescale is not None and not _same(mapping, rescale):
        return Scaling(mapping.slope, mapping.intercept, _unit(mapping.units), Scale.REAL_WORLD)
    display = rescale or mapping
    if display is None:
        return Scaling()
    scale_slope = _philips_scale_slope(places, text(dataset, 0x00080070))
    if scale_slope is not None:
        return Scaling(1 / scale_slope, display.intercept / (display.slope * scale_slope), "", Scale.PRECISE)
    unit = _unit(display.units) if display is rescale else ""
    return Scaling(display.slope, display.intercept, unit, Scale.DISPLAY)


def _mapping(places: tuple[Dataset, ...]) -> _Line | None:
    """The real-world value mapping, one with units before one without."""
    lines = []
    for place in places:
        for item in _items(place, "RealWorldValueMappingSequence"):
            slope, intercept = number(item, 0x00409225), number(item, 0x00409224)
            if slope:
                units = _items(item, "MeasurementUnitsCodeSequence")
                code = text(units[0], 0x00080100) if units else ""
                meaning = text(units[0], 0x00080104).lower() if units else ""
                lines.append(_Line(slope, intercept or 0.0, "no units" if meaning in _NO_UNITS - {""} else code))
    return next((line for line in lines if line.has_units), lines[0] if lines else None)


def _rescale(places: tuple[Dataset, ...]) -> _Line | None:
    for place in places:
        for item in (*_items(place, "PixelValueTransformationSequence"), place):
            slope = number(item, 0x00281053)
            if slope:
                return _Line(slope, number(item, 0x00281052) or 0.0, text(item, 0x00281054))
    return None


def _philips_scale_slope(places: tuple[Dataset, ...], manufacturer: str) -> float | None:
    for place in places:
        value = private_number(place, _SCALE_SLOPE.tag(place, manufacturer), _SCALE_SLOPE.binary)
        if value:
            return value
    return None


def _same(mapping: _Line, rescale: _Line) -> bool:
    return math.isclose(mapping.slope, rescale.slope, rel_tol=_REPEATS) and math.isclose(
        mapping.intercept, rescale.intercept, rel_tol=_REPEATS, abs_tol=_REPEATS
    )


def _items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    return tuple(dataset.get(keyword) or ()) if keyword in dataset else ()


def _unit(code: str) -> str:
    return _UNITS.get(code.replace(" ", "").lower(), "")
