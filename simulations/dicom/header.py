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
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = sop_class
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.ImplementationClassUID = _IMPLEMENTATION
    one.StudyDate, one.StudyTime = da(study.start), tm(study.start)
    one.SeriesDate, one.SeriesTime = da(began), tm(began)
    one.ContentDate = da(began)
    one.AccessionNumber = ""
    one.Modality = "MR"
    one.Manufacturer = dialect.manufacturer
    one.InstitutionName = f"Simulated hospital {patient.site}"
    one.ReferringPhysicianName = ""
    one.StudyDescription = "Simulated breast MRI"
    one.SeriesDescription = "t1_3d_spgr_dynamic" if series.injection else "ep2d_diff_trace"
    one.ManufacturerModelName = scanner.model
    one.DeviceSerialNumber = f"SIM-{patient.site}"
    one.SoftwareVersions = scanner.software
    one.PatientName = f"Simulated^{patient.patient_id}"
    one.PatientID = patient.patient_id
    one.PatientBirthDate = ""
    one.PatientSex = "F"
    one.PatientAge = f"{patient.age:03d}Y"
    one.BodyPartExamined = "BREAST"
    one.MagneticFieldStrength = scanner.field_t
    one.PatientPosition = "HFP"
    one.StudyInstanceUID = study.uid()
    one.SeriesInstanceUID = study.uid(series.name)
    one.StudyID = f"{patient.index}"
    one.SeriesNumber = series.number
    one.FrameOfReferenceUID = study.uid("frame of reference")
    one.PositionReferenceIndicator = ""
    one.SamplesPerPixel = 1
    one.PhotometricInterpretation = "MONOCHROME2"
    one.Rows, one.Columns = series.grid.shape[1:]
    one.BitsAllocated = one.BitsStored = 16
    one.HighBit = 15
    one.PixelRepresentation = int(dialect.signed)
    return one


def stored(one: Dataset, magnitude: NDArray[np.float64], per_unit: float) -> NDArray[np.integer]:
    """Values rounded to the 16 bits that the header declares."""
    signed = one.PixelRepresentation == 1
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
