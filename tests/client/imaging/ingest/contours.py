"""RTSTRUCT with contours."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from client.imaging.volume import Geometry
from tests.exports import uid

GRID = Geometry((40, 30, 8), (1.0, 1.5, 2.0), (-20.0, -10.0, 5.0), (0.8, 0.0, 0.6, 0.0, 1.0, 0.0, -0.6, 0.0, 0.8))


def written(path: Path, contours: list[np.ndarray], kind: str = "CLOSED_PLANAR", patient: str = "P1") -> Path:
    """An RTSTRUCT with one region, its contours in millimetres."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = RTStructureSetStorage
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = uid(patient, "rtstruct")
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = RTStructureSetStorage, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.PatientID, dataset.StudyInstanceUID = "RTSTRUCT", patient, uid(patient, "study")
    dataset.OperatorsName = "Reader^One"
    region, drawn = Dataset(), Dataset()
    region.ROINumber, region.ROIName = 7, "GTV"
    region.ReferencedFrameOfReferenceUID = uid(patient, "frame of reference")
    drawn.ReferencedROINumber = 7
    drawn.ContourSequence = []
    for points in contours:
        contour = Dataset()
        contour.ContourGeometricType = kind
        contour.NumberOfContourPoints = len(points)
        contour.ContourData = [f"{mm:.6g}" for mm in points.ravel()]
        drawn.ContourSequence.append(contour)
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [region], [drawn]
    dataset.save_as(path, enforce_file_format=True)
    return path


def contour(x: list[float], y: list[float], layer: float) -> np.ndarray:
    """Corners in voxels, on the oblique grid, in millimetres."""
    points = np.stack([x, y, np.full(len(x), layer), np.ones(len(x))])
    return (GRID.affine @ points)[:3].T
