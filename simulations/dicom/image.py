"""The attributes that every classic MR image of an exam has (DICOM PS3.3, A.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from simulations.patient import Patient
from simulations.phantom.grid import Grid
from simulations.randomness import uid
from simulations.scanner import Scanner, Stack

_IMPLEMENTATION = uid(0, "implementation")
_FIRST_DAY = datetime(2024, 1, 8, 8, 30)


@dataclass(frozen=True)
class Study:
    """The study (in DICOM's sense) that an exam's series belong to.

    Attributes
    ----------
    patient, scanner : who was examined, in what
    seed : seed of the cohort, from which identifiers derive
    """

    patient: Patient
    scanner: Scanner
    seed: int

    @property
    def start(self) -> datetime:
        """When the first series began: one patient a day."""
        return _FIRST_DAY + timedelta(days=self.patient.index, minutes=self.patient.index * 7 % 60)

    def uid(self, *names: str | int) -> str:
        """Identifier of a part of this study."""
        return uid(self.seed, self.patient.site, self.patient.index, *names)


def da(moment: datetime) -> str:
    """A date in DICOM's notation."""
    return f"{moment:%Y%m%d}"


def tm(moment: datetime) -> str:
    """A time in DICOM's notation, to the millisecond."""
    return f"{moment:%H%M%S}.{moment.microsecond // 1000:03d}"


def image(study: Study, series: str, number: int, description: str, start: datetime, grid: Grid) -> Dataset:
    """A data set with all that the images of one series share.

    Parameters
    ----------
    series : name from which the series' identifier derives
    number, description, start : of the series
    grid : geometry of its volumes
    """
    patient, scanner = study.patient, study.scanner
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.MediaStorageSOPClassUID = MRImageStorage
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.ImplementationClassUID = _IMPLEMENTATION
    one.SOPClassUID = MRImageStorage
    one.StudyDate, one.StudyTime = da(study.start), tm(study.start)
    one.SeriesDate, one.SeriesTime = da(start), tm(start)
    one.AcquisitionDate = one.ContentDate = da(start)
    one.AccessionNumber = ""
    one.Modality = "MR"
    one.InstitutionName = f"Simulated hospital {patient.site}"
    one.ReferringPhysicianName = ""
    one.StudyDescription = "Simulated breast MRI"
    one.SeriesDescription = description
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
    one.ImagingFrequency = round(42.577 * scanner.field_t, 3)
    one.ImagedNucleus = "1H"
    one.NumberOfAverages = 1
    one.EchoNumbers = 1
    one.PatientPosition = "HFP"
    one.StudyInstanceUID = study.uid()
    one.SeriesInstanceUID = study.uid(series)
    one.StudyID = f"{patient.index}"
    one.SeriesNumber = number
    one.FrameOfReferenceUID = study.uid("frame of reference")
    one.PositionReferenceIndicator = ""
    one.Laterality = "L" if patient.left else "R"
    one.SliceThickness = one.SpacingBetweenSlices = grid.spacing_mm[0]
    one.PixelSpacing = [grid.spacing_mm[1], grid.spacing_mm[2]]
    one.ImageOrientationPatient = [_ds(value) for value in (*grid.directions[2], *grid.directions[1])]
    one.SamplesPerPixel = 1
    one.PhotometricInterpretation = "MONOCHROME2"
    one.Rows, one.Columns = grid.shape[1:]
    one.BitsAllocated = one.BitsStored = 16
    one.HighBit = 15
    one.PixelRepresentation = 0
    return one


def place(one: Dataset, grid: Grid, slice_index: int) -> None:
    """Give an image its slice's place."""
    position = grid.position_mm(slice_index)
    one.ImagePositionPatient = [_ds(value) for value in position]
    one.SliceLocation = _ds(position @ grid.directions[0])


def identify(one: Dataset, study: Study, series: str, number: int) -> None:
    """Give an image its number in the series, and its identifier."""
    one.InstanceNumber = number
    one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = study.uid(series, number)


def store(one: Dataset, stored: NDArray[np.float64]) -> None:
    """Round values to 16 bits, put them in, and state a window that shows them."""
    signed = one.PixelRepresentation == 1
    pixels = np.clip(np.rint(stored), 0, 32767 if signed else 65535)
    one.SmallestImagePixelValue, one.LargestImagePixelValue = int(pixels.min()), int(pixels.max())
    one.PixelData = pixels.astype("<i2" if signed else "<u2").tobytes()


def matrix(one: Dataset, stack: Stack) -> None:
    """State the acquisition matrix: rows encode phase."""
    one.AcquisitionMatrix = [0, stack.columns, stack.rows, 0]
    one.InPlanePhaseEncodingDirection = "COL"
    one.PercentSampling = one.PercentPhaseFieldOfView = 100


def _ds(value: float) -> float:
    """A number that fits in the 16 characters of a decimal string."""
    return round(float(value), 9) + 0.0
