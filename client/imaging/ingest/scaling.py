"""From stored values to what they mean: real-world mapping, Philips' own scale, rescale slope."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import number, text

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


@dataclass(frozen=True)
class Scaling:
    """Meaning = slope x stored + intercept."""

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    """Unit where the header declares one that is known; empty otherwise."""


def scaling(dataset: Dataset, groups: tuple[Dataset, ...] = ()) -> Scaling:
    """Scaling of one image.

    A real-world value mapping comes first. Philips' stored values are comparable between images only after
    division by its private scale slope (2005,100E): (RS x stored + RI) / (RS x SS) (Chenevert et al.,
    Translational Oncology 7 (2014) 65). Otherwise the modality's rescale slope and intercept hold.

    Parameters
    ----------
    dataset : header of a classic object, or of the whole Enhanced one
    groups : functional groups of one frame, the frame's own first
    """
    places = (*groups, dataset)
    for place in places:
        for item in _items(place, "RealWorldValueMappingSequence"):
            slope, intercept = number(item, 0x00409225), number(item, 0x00409224)
            if slope:
                units = _items(item, "MeasurementUnitsCodeSequence")
                return Scaling(slope, intercept or 0.0, _unit(text(units[0], 0x00080100) if units else ""))
    for place in places:
        for item in (*_items(place, "PixelValueTransformationSequence"), place):
            slope = number(item, 0x00281053)
            if slope:
                intercept = number(item, 0x00281052) or 0.0
                unit = _unit(text(item, 0x00281054))
                scale = next((found for place in places if (found := number(place, 0x2005100E))), None)
                if scale and text(dataset, 0x00080070).lower().startswith("philips"):
                    return Scaling(1 / scale, intercept / (slope * scale), unit)
                return Scaling(slope, intercept, unit)
    return Scaling()


def _items(dataset: Dataset, keyword: str) -> tuple[Dataset, ...]:
    return tuple(dataset.get(keyword) or ()) if keyword in dataset else ()


def _unit(code: str) -> str:
    return _UNITS.get(code.replace(" ", "").lower(), "")
