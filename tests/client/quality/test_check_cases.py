"""What scanners and radiologists really write: each input has the one right value, or is refused by name."""

from pathlib import Path

import pytest

from client.quality.check_patient import PatientCheck
from tests.imaging_cases import checked

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
