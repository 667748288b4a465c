"""What scanners and radiologists really write: each input has the one right value, or is refused by name."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.ingest.patient_images import gather
from client.imaging.maps.percent_enhancement import percent_enhancement
from client.imaging.preprocess.nearest import onto_grid
from client.quality.check_patient import PatientCheck
from tests.imaging_cases import checked, hospital

pytestmark = pytest.mark.real


def patient(name: str, folder: Path) -> PatientCheck:
    (found,) = checked(name, folder).patients
    return found


def problems(found: PatientCheck) -> str:
    return "; ".join(problem.text for problem in found.problems)


@pytest.mark.parametrize(
    ("name", "millilitres"),
    [
        ("m02_float_1_255", 6.948),
        ("m04_probability", 6.28),
        ("s12_two_far_slices", 2.4),
        ("r04_duplicate_contours", 4.8),
        ("m25_t2_nifti_beside_dicom", 6.948),
        ("x01_pe_in_description", 6.948),
        ("e_no_preamble", 6.948),
        ("d28_pid_escape", 6.948),
    ],
)
def test_the_volume_of_the_lesion(name: str, millilitres: float, tmp_path: Path) -> None:
    found = patient(name, tmp_path)
    assert found.mask_ml == pytest.approx(millilitres, abs=0.005)
    assert not found.problems


@pytest.mark.parametrize(
    ("name", "b_values"),
    [("p3_single", (0, 800)), ("w08_synthetic_b_ge", (0, 400, 800)), ("w04_b0_untagged_toshiba", (0, 800))],
)
def test_measured_b_values(name: str, b_values: tuple[float, ...], tmp_path: Path) -> None:
    found = patient(name, tmp_path)
    assert found.b_values == b_values
    assert not found.problems


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (
            "p3_repeat_other_gain",
            r"b = 800 was acquired in 2 series (series 17 ep2d_diff_b800 repeat, series 7 ep2d_diff)",
        ),
        ("w09_fa_map_as_t2", "no t2 series"),
        ("x06_vendor_map_without_unit", "in the mapping file (units: {pe_map: ...})"),
        ("m15_qform_right_sform_wrong", "no mask of the tumour"),
    ],
)
def test_what_is_refused_by_name(name: str, problem: str, tmp_path: Path) -> None:
    assert problem in problems(patient(name, tmp_path))


def test_an_examination_is_dated_by_its_acquisition(tmp_path: Path) -> None:
    found = patient("p4_undated_after_treatment", tmp_path)
    assert found.examined == "20200102"
    assert not found.problems
    assert "dated by their acquisition or series where StudyDate is missing" in found.notes[0]


def test_negative_time_points_come_first(tmp_path: Path) -> None:
    found = patient("x03_negative_time_points", tmp_path)
    assert (found.examined, found.timepoint) == ("20200102", "-22")
    assert not found.problems


def test_a_mask_is_taken_by_the_series_that_is_used(tmp_path: Path) -> None:
    found = patient("x05_rtstruct_per_series", tmp_path)
    assert not found.problems
    assert found.lesion == "GTV"


def test_a_lesion_with_an_umlaut(tmp_path: Path) -> None:
    found = patient("r15_umlaut_names", tmp_path)
    assert found.lesion.startswith("L")
    assert not found.problems


def test_phases_that_were_sent_twice_are_used_once(tmp_path: Path) -> None:
    found = patient("d08_resent_with_new_uids", tmp_path)
    assert found.seconds == (-10, 140, 410)
    assert "3 dynamic phases are there twice" in " ".join(found.notes)


@pytest.mark.parametrize("name", ["p1_philips_rwv", "p1_philips_no_rwv"])
def test_philips_phases_are_on_one_scale(name: str, tmp_path: Path) -> None:
    site, study = hospital(name, tmp_path)
    assert site.data.dicom is not None
    assert study.imaging is not None
    index = Index(site.data.dicom, tmp_path / "index.sqlite")
    index.update()
    (patient,) = index.patients()
    images = gather(examine(index.patient(patient), Mapping()), study.imaging, index.folder).images
    inside = onto_grid(images.masks[Role.TUMOUR], images.grid, "here")
    before, early = (phase.voxels[inside] for phase in images.dynamic[:2])
    # stored values over the scale slope of their series, read without anything of ours
    stored = []
    for phase in ("p0", "p1"):
        files = sorted(map(dcmread, index.folder.rglob(f"{phase}_*.dcm")), key=lambda one: one.ImagePositionPatient[2])
        stored.append(np.stack([one.pixel_array / one[0x2005, 0x100E].value for one in files])[inside].mean())
    expected = 100 * (stored[1] - stored[0]) / stored[0]
    assert 90 < expected < 105
    assert percent_enhancement(before.mean(), early.mean()) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("name", "adc"), [("p3_single", 1.0e-3)])
def test_a_single_acquisition_gives_its_adc(name: str, adc: float, tmp_path: Path) -> None:
    site, study = hospital(name, tmp_path)
    assert site.data.dicom is not None
    assert study.imaging is not None
    index = Index(site.data.dicom, tmp_path / "index.sqlite")
    index.update()
    images = gather(examine(index.patient("P1"), Mapping()), study.imaging, index.folder).images
    inside = onto_grid(images.masks[Role.TUMOUR], images.grid, "here")
    low, high = (volume.voxels[inside].mean() for volume in images.diffusion)
    assert np.log(low / high) / 800 == pytest.approx(adc, rel=0.02)
