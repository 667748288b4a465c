"""Diffusion weighting of an image, from the standard's attribute or the vendor's own.

References: DICOM PS3.3 C.8.13.5.9 (0018,9087); the vendors' conformance statements for the private ones.
"""

import re

from pydicom.dataset import Dataset

from client.imaging.ingest.attribute import number, private_number, text
from client.imaging.ingest.private import Private

# GE adds this to b-values of some releases, so that viewers sort them apart.
_GE_OFFSET = 1e9


CANON = re.compile(r"\bb\s*=\s*(?P<b>\d+(?:\.\d+)?)\s*(?:\((?P<direction>[-+\d.eE, ]+)\))?")
"""Image comments of Canon's scanners."""

_PRIVATE = (
    Private("siemens", "SIEMENS MR HEADER", 0x0019, 0x0C),
    Private("ge", "GEMS_PARM_01", 0x0043, 0x39),
    Private("philips", "Philips Imaging DD 001", 0x2001, 0x03, "<f"),
    Private("uih", "Image Private Header", 0x0065, 0x09, "<d"),
)


def b_value(dataset: Dataset, groups: tuple[Dataset, ...] = ()) -> float | None:
    """b-value in s/mm².

    Parameters
    ----------
    dataset : header of a classic object, or of the whole Enhanced one
    groups : functional groups of one frame, the frame's own first

    Returns
    -------
    None where nothing says. 0 may only mean that the vendor fills the element in for every sequence.
    """
    for place in (*groups, dataset):
        stated = number(place, 0x00189087)
        if stated is None and "MRDiffusionSequence" in place and place.MRDiffusionSequence:
            stated = number(place.MRDiffusionSequence[0], 0x00189087)
        if stated is not None:
            return stated
    for place in (*groups, dataset):
        for private in _PRIVATE:
            stated = private_number(place, private.tag(place, text(dataset, 0x00080070)), private.binary)
            if stated is not None:
                return stated - _GE_OFFSET if stated >= _GE_OFFSET else stated
    # Canon writes b-value and direction as words: b=1500(0.445,0.000,0.895).
    commented = CANON.search(text(dataset, 0x00204000))
    if commented:
        return float(commented["b"])
    # Siemens writes the b-value into the sequence's name too: there it survives anonymizers.
    named = re.match(r"\*?ep\w*_b(\d+)", text(dataset, 0x00180024))
    return float(named[1]) if named else None
