"""The attributes that classic and Enhanced MR images of a series share."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from simulations.dicom.dialect import Dialect
from simulations.dicom.series import Series
from simulations.dicom.study import Study
from simulations.phantom.grid import Grid
from simulations.randomness import uid

_IMPLEMENTATION = uid(0, "implementation")


def da(moment: datetime) -> str:
    """A date in DICOM's notation."""
    return f"{moment:%Y%m%d}"


def tm(moment: datetime) -> str:
    """A time in DICOM's notation, to the millisecond."""
    return f"{moment:%H%M%S}.{moment.microsecond // 1000:03d}"


def header(study: Study, series: Series, dialect: Dialect, sop_class: str) -> Dataset:
    """A data set of the given class with patient, study, series, equipment and pixel format."""
    patient, scanner = study.patient, study.scanner
    began = series.volumes[0].began
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = _IMPLEMENTATION
    dataset.StudyDate, dataset.StudyTime = da(study.start), tm(study.start)
    dataset.SeriesDate, dataset.SeriesTime = da(began), tm(began)
    dataset.ContentDate = da(began)
    dataset.AccessionNumber = ""
    dataset.Modality = "MR"
    dataset.Manufacturer = dialect.manufacturer
    dataset.InstitutionName = f"Simulated hospital {patient.site}"
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "Simulated breast MRI"
    dataset.SeriesDescription = "t1_3d_spgr_dynamic" if series.injection else "ep2d_diff_trace"
    dataset.ManufacturerModelName = scanner.model
    dataset.DeviceSerialNumber = f"SIM-{patient.site}"
    dataset.SoftwareVersions = scanner.software
    dataset.PatientName = f"Simulated^{patient.patient_id}"
    dataset.PatientID = patient.patient_id
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "F"
    dataset.PatientAge = f"{patient.age:03d}Y"
    dataset.BodyPartExamined = "BREAST"
    dataset.MagneticFieldStrength = scanner.field_t
    dataset.PatientPosition = "HFP"
    dataset.StudyInstanceUID = study.uid()
    dataset.SeriesInstanceUID = study.uid(series.name)
    dataset.StudyID = f"{patient.index}"
    dataset.SeriesNumber = series.number
    dataset.FrameOfReferenceUID = study.uid("frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = series.grid.shape[1:]
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = int(dialect.signed)
    return dataset


def stored(dataset: Dataset, magnitude: NDArray[np.float64], per_unit: float) -> NDArray[np.integer]:
    """Values rounded to the 16 bits that the header declares."""
    signed = dataset.PixelRepresentation == 1
    values = np.clip(np.rint(magnitude * per_unit), 0, 32767 if signed else 65535)
    return values.astype("<i2" if signed else "<u2")


def position(grid: Grid, slice_index: int) -> list[float]:
    """Image Position (Patient) of a slice."""
    return [decimal(value) for value in grid.position_mm(slice_index)]


def orientation(grid: Grid) -> list[float]:
    """Image Orientation (Patient): direction of a row, then of a column."""
    return [decimal(value) for value in (*grid.directions[2], *grid.directions[1])]


def decimal(value: float) -> float:
    """A number that fits in the 16 characters of a decimal string."""
    return round(float(value), 9) + 0.0
