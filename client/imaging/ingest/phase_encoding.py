"""Axis and sense of phase encoding: images encoded from opposite sides are distorted in opposite ways.

References: (0018,1312) and (0018,9034) of DICOM PS3.3 C.8.13.5; Siemens' and UIH's private elements as their
conformance statements have them. Philips and Canon state the axis only.
"""

from pydicom.dataset import Dataset

from client.imaging.ingest import packed
from client.imaging.ingest.attribute import number, text
from client.imaging.ingest.private import Private

_SIEMENS_POSITIVE = Private("siemens", "SIEMENS MR SDI 02", 0x0021, 0x1C)
_UIH_SHOWN = Private("uih", "Image Private Header", 0x0065, 0x05)


def phase_encoding(dataset: Dataset, groups: tuple[Dataset, ...] = ()) -> str:
    """Axis (ROW or COL) and sense, in the vendor's words; empty where nothing says.

    Parameters
    ----------
    dataset : header of a classic object, or of the whole Enhanced one
    groups : functional groups of one frame, the frame's own first
    """
    places = (*groups, dataset)
    manufacturer = text(dataset, 0x00080070)

    def first(tag: int) -> str:
        return next((stated for place in places if (stated := text(place, tag))), "")

    axis = first(0x00181312)
    if not axis:
        return ""
    reordering = first(0x00189034)
    if reordering in ("LINEAR", "REVERSE_LINEAR"):
        return f"{axis} {reordering}"
    for place in places:
        tag = _UIH_SHOWN.tag(place, manufacturer)
        if tag is not None and (shown := text(place, tag)):
            return f"{axis} {shown}"
        tag = _SIEMENS_POSITIVE.tag(place, manufacturer)
        if tag is not None and (positive := number(place, tag)) is not None:
            return f"{axis} {'positive' if positive else 'negative'}"
    stated = packed.csa(dataset).get("PhaseEncodingDirectionPositive", ())
    return f"{axis} {'negative' if stated[0] == '0' else 'positive'}" if stated else axis
