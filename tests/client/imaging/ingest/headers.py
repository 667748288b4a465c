"""Headers of classic and Enhanced images."""

from io import BytesIO

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    EnhancedMRImageStorage,
)

from tests.exports import finish, header


def saved(one: FileDataset) -> bytes:
    stream = BytesIO()
    one.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def image(**elements: object) -> FileDataset:
    one = header(**{"SOPInstanceUID": "1.2.3", "ImagePositionPatient": [0, 0, 0]} | elements)
    finish(one, np.arange(48).reshape(6, 8))
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    return one


def enhanced() -> FileDataset:
    """Two frames, one above the other, a second apart."""
    one = image(SOPClassUID=EnhancedMRImageStorage, ImagePositionPatient=None, PixelSpacing=None)
    finish(one, np.arange(96).reshape(2, 6, 8))
    one.NumberOfFrames = 2
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.8], 3
    shared.PixelMeasuresSequence = [measures]
    one.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for index in range(2):
        own, place, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 3 * index]
        content.FrameAcquisitionDateTime = f"2024010810000{index}"
        content.TemporalPositionIndex = index + 1
        own.PlanePositionSequence, own.FrameContentSequence = [place], [content]
        groups.append(own)
    one.PerFrameFunctionalGroupsSequence = groups
    return one
