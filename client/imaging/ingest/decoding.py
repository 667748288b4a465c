"""Pixels of a DICOM file, decoded whatever its transfer syntax, stated or not."""

import zlib

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import unpack_bits
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from client.imaging.ingest.attribute import whole
from client.imaging.ingest.pixel_data import DEFLATED_FRAMES

_BITS = 8


def decoded(dataset: FileDataset) -> NDArray[np.generic]:
    """Pixels of all frames.

    Parameters
    ----------
    dataset : read with its pixel data; one without meta header gets the syntax in which its elements are written

    Raises
    ------
    Exception of whatever kind the damaged bytes lead to
    """
    if not dataset.file_meta.get("TransferSyntaxUID"):
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    if dataset.file_meta.TransferSyntaxUID == DEFLATED_FRAMES:
        return _inflated(dataset)
    return np.asarray(dataset.pixel_array)


def _inflated(dataset: FileDataset) -> NDArray[np.generic]:
    count, rows, columns = whole(dataset, 0x00280008) or 1, int(dataset.Rows), int(dataset.Columns)
    bits = int(dataset.BitsAllocated)
    frames = []
    for encoded in generate_frames(dataset.PixelData, number_of_frames=count):
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(encoded)
        if bits == 1:
            frame = np.asarray(unpack_bits(content))[: rows * columns]
        else:
            frame = np.frombuffer(content, dtype=f"<u{bits // _BITS}")[: rows * columns]
        frames.append(frame.reshape(rows, columns))
    return np.stack(frames)
