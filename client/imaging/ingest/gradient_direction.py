"""Direction of the diffusion gradient of an image, from the standard's attribute or the vendor's own.

Only quantities that do not depend on the axes are computed of directions, so the vendor's axes are left as they are.

References: DICOM PS3.3 C.8.13.5.9 (0018,9089); the vendors' conformance statements for the private ones.
"""

import math
import re
import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import number, numbers, text, value_of
from client.imaging.ingest.b_value import CANON
from client.imaging.ingest.frame import Triple
from client.imaging.ingest.private import Private

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_SIEMENS = Private("siemens", "SIEMENS MR HEADER", 0x0019, 0x0E)
_UIH = Private("uih", "Image Private Header", 0x0065, 0x37)
_GE = tuple(Private("ge", "GEMS_ACQU_01", 0x0019, element) for element in (0xBB, 0xBC, 0xBD))
_PHILIPS = tuple(Private("philips", "Philips MR Imaging DD 001", 0x2005, element) for element in (0xB0, 0xB1, 0xB2))


def gradient_direction(dataset: Dataset, groups: tuple[Dataset, ...] = ()) -> Triple | None:
    """Unit vector.

    Parameters
    ----------
    dataset : header of a classic object, or of the whole Enhanced one
    groups : functional groups of one frame, the frame's own first

    Returns
    -------
    None where nothing says, or the vector is zero, as for images without diffusion weighting
    """
    for vector in _stated(dataset, groups):
        length = math.hypot(*vector)
        if length > 0.5:
            return vector[0] / length, vector[1] / length, vector[2] / length
    return None


def _stated(dataset: Dataset, groups: tuple[Dataset, ...]) -> Iterator[tuple[float, ...]]:
    places = (*groups, dataset)
    for place in places:
        for item in _nested(place):
            direction = numbers(item, 0x00189089, 3)
            if direction is not None:
                yield direction
    manufacturer = text(dataset, 0x00080070)
    for place in places:
        for vector in (_SIEMENS, _UIH):
            direction = _three(place, vector, manufacturer)
            if direction is not None:
                yield direction
        for parts in (_GE, _PHILIPS):
            tags = [part.tag(place, manufacturer) for part in parts]
            values = [None if tag is None else number(place, tag) for tag in tags]
            if None not in values:
                yield tuple(value for value in values if value is not None)
    commented = CANON.search(text(dataset, 0x00204000))
    if commented and commented["direction"]:
        words = [part.strip() for part in commented["direction"].split(",")]
        if len(words) == 3 and all(map(_NUMBER.fullmatch, words)):
            yield tuple(map(float, words))


def _nested(place: Dataset) -> Iterator[Dataset]:
    """The place, its diffusion group and the group's direction: writers nest the attribute at any of these."""
    yield place
    for sequence in ("MRDiffusionSequence", "DiffusionGradientDirectionSequence"):
        if sequence in place and place[sequence].value:
            yield from _nested(place[sequence].value[0])


def _three(place: Dataset, vector: Private, manufacturer: str) -> tuple[float, ...] | None:
    tag = vector.tag(place, manufacturer)
    if tag is None:
        return None
    value = value_of(place, tag)
    if isinstance(value, bytes):
        return struct.unpack("<3d", value) if len(value) == struct.calcsize("<3d") else None
    return numbers(place, tag, 3)
