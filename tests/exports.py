"""Small DICOM exports with chosen headers, as the tests of ingest need them."""

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
_SHAPE = (6, 8)
Change = Callable[[Dataset, int, int], None]
"""Changes a header, given its phase (or b-value's number) and slice."""


def uid(*names: object) -> str:
    """The same identifier for the same names."""
    return generate_uid(entropy_srcs=["mrfed tests", *map(str, names)])


def header(patient: str = "P1", series: str = "series", number: int = 1, **elements: object) -> FileDataset:
    """A classic MR image without pixels, of a T1-weighted gradient echo.

    Parameters
    ----------
    patient : identifier
    series, number : of the series
    elements : keyword -> value, over the defaults; None leaves one out
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    defaults = {
        "SOPClassUID": MRImageStorage,
        "Modality": "MR",
        "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
        "PatientID": patient,
        "PatientName": "Secret^Name",
        "PatientBirthDate": "19600101",
        "StudyInstanceUID": uid(patient, "study"),
        "StudyDate": "20240108",
        "SeriesInstanceUID": uid(patient, series),
        "FrameOfReferenceUID": uid(patient, "frame of reference"),
        "SeriesNumber": number,
        "SeriesDescription": series,
        "Manufacturer": "ACME",
        "ManufacturerModelName": "One",
        "MagneticFieldStrength": 3,
        "RepetitionTime": 5,
        "EchoTime": 2,
        "FlipAngle": 10,
        "ImageOrientationPatient": list(AXIAL),
        "PixelSpacing": [1.5, 1.0],
        "SliceThickness": 2,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
    }
    for keyword, value in (defaults | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def finish(dataset: FileDataset, pixels: NDArray[np.generic]) -> None:
    """Give an image its pixels."""
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.PixelData = np.asarray(pixels, dtype=np.uint16).tobytes()


def write_volume(
    folder: Path,
    voxels: NDArray[np.generic],
    instance: Iterable[int] | None = None,
    origin_mm: tuple[float, float, float] = (-4.0, -3.0, 10.0),
    step_mm: float = 2.0,
    change: Callable[[FileDataset, int], None] = lambda dataset, index: None,
    **elements: object,
) -> list[Path]:
    """Write the slices of one volume.

    Parameters
    ----------
    folder : made where missing
    voxels : (slices, rows, columns)
    instance : instance numbers, one a slice; 1, 2, 3 ... where absent
    origin_mm, step_mm : of the first slice, and between slices along the normal
    change : told of each header and its slice before it is written
    elements : of all headers

    Returns
    -------
    paths, in order of the slices
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, (pixels, number) in enumerate(zip(voxels, instance or count(1), strict=False)):
        dataset = header(**elements)
        orientation = np.array(dataset.ImageOrientationPatient, dtype=float)
        across = np.cross(orientation[:3], orientation[3:])
        dataset.ImagePositionPatient = [f"{mm:.8g}" for mm in np.array(origin_mm) + index * step_mm * across]
        dataset.InstanceNumber = number
        finish(dataset, pixels)
        change(dataset, index)
        dataset.SOPInstanceUID = uid(dataset.PatientID, dataset.SeriesInstanceUID, number)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        path = folder / f"{dataset.get('SeriesNumber', 0)}-{number:04d}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def write_dynamic(
    folder: Path,
    phases: int = 3,
    slices: int = 4,
    change: Change = lambda dataset, phase, index: None,
    one_series: bool = True,
    voxels: NDArray[np.generic] | None = None,
    **elements: object,
) -> NDArray[np.generic]:
    """Write a dynamic series whose phases begin 60 s apart, the injection 70 s after the first one's start.

    Returns
    -------
    (phases, slices, rows, columns) what was written
    """
    if voxels is None:
        voxels = np.arange(phases * slices * np.prod(_SHAPE)).reshape(phases, slices, *_SHAPE) % 4000
    for phase in range(phases):

        def timed(dataset: FileDataset, index: int, phase: int = phase) -> None:
            dataset.AcquisitionDate = "20240108"
            dataset.AcquisitionTime = f"10{phase:02d}00"
            dataset.ContrastBolusStartTime = "100110"
            change(dataset, phase, index)

        names = {"series": "dynamic", "number": 1} if one_series else {"series": f"phase {phase}", "number": phase + 1}
        start = phase * slices + 1 if one_series else 1
        write_volume(folder, voxels[phase], range(start, start + slices), change=timed, **(names | elements))
    return voxels
