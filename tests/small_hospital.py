"""A small hospital: patients with a dynamic series each, a tumour that enhances, and its mask as DICOM SEG."""

from pathlib import Path

import numpy as np
from highdicom import UID
from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
from highdicom.sr.coding import CodedConcept
from pydicom import dcmread
from scipy.ndimage import gaussian_filter

from shared.study.study import Study
from tests.exports import uid, write_dynamic

_NEOPLASM = CodedConcept("108369006", "SCT", "Neoplasm")


def study(**changes: object) -> Study:
    """A study of percent enhancement and the early phase."""
    content = {
        "name": "tiny",
        "title": "Tiny",
        "question": {"endpoint": "her2-zero-vs-low", "patients": "simulated"},
        "governance": {"ethics": "none", "data_use": "none", "expires": "2030-12-31"},
        "imaging": {"sequences": ["dce"], "phases": {"early_s": 60, "late_s": 200}},
        "maps": [{"name": "percent_enhancement", "early_s": 60, "late_s": 200}],
        "radiomics": {"preset": "ibsi", "log_sigma_mm": []},
        "federation": {"sites": ["a", "b", "c"]},
        "privacy": {"site_sums": "derivable"},
    }
    return Study.model_validate(content | changes)


def write_mask(folder: Path, inside: np.ndarray, patient: str, name: str = "mask", reader: str = "Reader^One") -> None:
    """A DICOM SEG by highdicom on the first phase of a patient's dynamic series.

    Parameters
    ----------
    inside : (slices, rows, columns)
    name : of the file, from which its identifiers derive, and of the segment where it is not `mask`
    """
    sources = [dcmread(path) for path in sorted(folder.glob("1-*.dcm"))[: len(inside)]]
    label = "Tumour" if name == "mask" else name
    seg = Segmentation(
        source_images=sources,
        pixel_array=inside.astype(np.uint8),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[SegmentDescription(1, label, _NEOPLASM, _NEOPLASM, SegmentAlgorithmTypeValues.MANUAL)],
        series_instance_uid=UID(uid(patient, name)),
        series_number=9,
        sop_instance_uid=UID(uid(patient, name, 1)),
        instance_number=1,
        manufacturer="ACME",
        manufacturer_model_name="Two",
        software_versions="1",
        device_serial_number="1",
        content_creator_name=reader,
        omit_empty_frames=True,
    )
    seg.save_as(folder / f"{name}.dcm")


def tumour() -> np.ndarray:
    """(slices, rows, columns) 320 voxels, 640 mm³."""
    inside = np.zeros((8, 20, 24), dtype=bool)
    inside[2:6, 6:14, 8:18] = True
    return inside


def write_patient(folder: Path, patient: str, seed: int = 0) -> None:
    """Three phases of 8 slices; the tumour's signal doubles or triples after contrast."""
    rng = np.random.default_rng(seed)
    inside = tumour()
    tissue = gaussian_filter(rng.normal(size=inside.shape), 1.5)
    voxels = 300 + 60 * tissue / tissue.std() + rng.normal(0, 5, (3, *inside.shape))
    voxels[1:, inside] *= 2 + rng.random(inside.sum())
    write_dynamic(
        folder,
        voxels=voxels.astype(np.uint16),
        slices=len(inside),
        patient=patient,
        PixelSpacing=[1.0, 1.0],
        StudyID="1",
        AccessionNumber="1",
        StudyTime="100000",
        PatientSex="F",
        ReferringPhysicianName="",
    )
    write_mask(folder, inside, patient)
