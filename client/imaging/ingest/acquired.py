"""Whether images were acquired, or computed from others.

A synthetic b-value, a fractional anisotropy or a filtered copy has the timing of what it was computed from, and passes
for it unless one looks here. References: ImageType value 1 (DICOM PS3.3 C.7.6.1.1.2) and the derivation codes of
CID 7203.
"""

import re
from collections.abc import Sequence

from client.imaging.ingest.frame import Frame

_COMPUTED = re.compile(
    r"\b(synthetic|synthesi[sz]ed|computed|calculated|extrapolated|calc|c ?dwi|s ?dwi|syn ?dwi|calc ?b ?values?|"
    r"(calc|comp|syn|synth) ?b ?\d+|[cs]b ?\d+)\b"
)
"""Words for images that the scanner or a workstation computed for b-values that were not measured."""
_STILL_ACQUIRED = re.compile(r"compress|de-?identif|anonymi[sz]")
"""Derivations that leave the image what it was."""
_DIXON = frozenset(("W", "WATER", "F", "FAT", "IP", "OP", "IN_PHASE", "OPP_PHASE", "OUT_PHASE"))
"""Separated by the scanner from one acquisition; their image type says derived."""


def not_acquired(frames: Sequence[Frame]) -> str:
    """What images are instead of acquired ones, in words; empty for acquired ones.

    Parameters
    ----------
    frames : of one series and contrast
    """
    example = frames[0]
    how = "" if example.trace else example.derivation  # traces are calculated of directions, and mean as much
    words = re.sub(r"[\W_]+", " ", " ".join((example.description, *example.image_type, how))).lower()
    if example.b_value is not None and (keyword := _COMPUTED.search(words)):
        return f"computed, not measured ({keyword[0]})"
    if example.image_type[:1] != ("DERIVED",):
        return ""
    if example.trace or not _DIXON.isdisjoint(example.image_type) or _STILL_ACQUIRED.search(example.derivation):
        return ""
    return f"derived from other images ({chr(92).join(example.image_type)})"
