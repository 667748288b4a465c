"""Whether the pixel data of a file is whole, found without decoding it.

Reference: DICOM PS3.5 A.4 (encapsulated pixel data: items of fragments, and a delimiter behind the last).
"""

import struct
from typing import BinaryIO

from pydicom.dataset import FileDataset

from client.imaging.ingest.attribute import whole

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (DICOM PS3.5 A.4.13), which segmentations are stored in."""
_MAXIMUM_FRAMES = 100_000
_SHORTEST_ELEMENT_HEADER = 8
"""Tag and length before the pixel data, in implicit value representation; 12 in explicit."""
_EXPLICIT_ELEMENT_HEADER = 12
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def pixel_fault(dataset: FileDataset, file: BinaryIO, size: int, end_of_header: int, pixels: int) -> str:
    """Why the pixel data cannot be whole; empty where nothing speaks against it.

    Parameters
    ----------
    dataset : header
    file : open
    size : of it, bytes
    end_of_header : where in it the pixel data begins, with its tag
    pixels : of one frame
    """
    syntax = dataset.file_meta.get("TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    frames = 1 if (stated := whole(dataset, 0x00280008)) is None else stated
    if not 1 <= frames <= _MAXIMUM_FRAMES:
        return f"declares {frames} frames; export it again"
    if syntax == DEFLATED_FRAMES:
        ends = _encapsulated_end(file, size, end_of_header + _EXPLICIT_ELEMENT_HEADER)
        return "" if ends else "is truncated within its deflated pixel data; export it again"
    if syntax is not None and syntax.is_deflated:
        return ""  # what is cut off does not inflate
    if syntax is not None and syntax.is_compressed:
        ends = _encapsulated_end(file, size, end_of_header + _EXPLICIT_ELEMENT_HEADER)
        return "" if ends else "is truncated within its compressed pixel data; export it again"
    bits = whole(dataset, 0x00280100) or 0
    expected = pixels * frames * bits // 8
    if expected <= 0 or size - end_of_header - _SHORTEST_ELEMENT_HEADER < expected:
        return f"is truncated within its {max(expected, 0)} bytes of pixel data; export it again"
    return ""


def _encapsulated_end(file: BinaryIO, size: int, start: int) -> int:
    """Where the items of encapsulated pixel data end; 0 where the file ends before."""
    at = start
    while at + 8 <= size:
        file.seek(at)
        tag, length = struct.unpack("<4sI", file.read(8))
        if tag != _ITEM:
            return at + 8 if tag == _END else 0
        at += 8 + int(length)
    return 0
