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
    dataset = header(**{"SOPInstanceUID": "1.2.3", "ImagePositionPatient": [0, 0, 0]} | elements)
    finish(dataset, np.arange(48).reshape(6, 8))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def enhanced() -> FileDataset:
    """Two frames, one above the other, a second apart."""
    dataset = image(SOPClassUID=EnhancedMRImageStorage, ImagePositionPatient=None, PixelSpacing=None)
    finish(dataset, np.arange(96).reshape(2, 6, 8))
    dataset.NumberOfFrames = 2
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.8], 3
    shared.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for index in range(2):
        own, place, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 3 * index]
        content.FrameAcquisitionDateTime = f"2024010810000{index}"
        content.TemporalPositionIndex = index + 1
        own.PlanePositionSequence, own.FrameContentSequence = [place], [content]
        groups.append(own)
    dataset.PerFrameFunctionalGroupsSequence = groups
    return dataset
