"""Cohorts on disk: the same bytes for the same seed, whole or not at all, and readable by independent readers."""

import shutil
from collections import defaultdict
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from typer.testing import CliRunner

from client.site import site_file
from shared.errors import Code, MrfedError
from simulations import cohort, patient, scenario
from simulations.anatomy import anatomy
from simulations.cli import app
from simulations.exam import Exam, examine
from simulations.phantom.body import Body

pytestmark = pytest.mark.slow
SITES = ("north", "east", "south", "west")


@pytest.fixture(scope="module")
def demo():
    return scenario.load("demo")


@pytest.fixture(scope="module")
def written(demo, tmp_path_factory) -> Path:
    """One patient of each hospital."""
    out = tmp_path_factory.mktemp("cohort") / "demo"
    cohort.write(demo, out, seed=5, patients=1, jobs=1)
    return out


@pytest.fixture(scope="module")
def exams(demo) -> dict[str, Exam]:
    """The same exams, before they became DICOM."""
    return {
        hospital.name: examine(patient.draw(demo.effects, hospital, 5, 1), hospital.scanner, 5)
        for hospital in demo.hospitals
    }


@pytest.fixture(scope="module")
def headers(written) -> dict[str, list[pydicom.Dataset]]:
    """Every MR image of every site's patient."""
    return {
        name: [
            dataset
            for path in sorted((written / name / "dicom").rglob("*"))
            if path.is_file() and (dataset := pydicom.dcmread(path)).Modality == "MR"
        ]
        for name in SITES
    }


def dce_phases(images: list[pydicom.Dataset]) -> list[list[pydicom.Dataset]]:
    """DCE images by phase and along the slices' normal, told apart by acquisition number."""
    phases = defaultdict(list)
    for image in images:
        if image.ScanningSequence == "GR":
            phases[int(image.AcquisitionNumber)].append(image)
    return [sorted(phases[key], key=lambda image: float(image.SliceLocation)) for key in sorted(phases)]


def _off_centre_mm(body: Body) -> float:
    """From the middle of the breast to the nearest the tumour can come."""
    distance = np.linalg.norm(body.tumour.centre_mm - body.breast.middle_mm)
    return float(distance - 1.6 * body.tumour.radius_mm)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_same_seed_same_bytes_on_any_number_of_processes(demo, written, tmp_path):
    cohort.write(demo, tmp_path / "again", seed=5, patients=1, jobs=2)
    assert content(tmp_path / "again") == content(written)


def test_layout_is_what_a_site_reads(written):
    for name in SITES:
        site = site_file.load(written / name / "site.yaml")
        assert site.name == name
        assert site.data.dicom is not None
        assert site.data.dicom.is_dir()
        assert (site.columns.ihc, site.columns.ish) == ("ihc", "ish")
        lines = (written / name / "clinical.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "patient,age,laterality,er,pr,ki67,grade,specimen,ihc,ish"
        assert lines[1].startswith(f"{name}-0001,")
    assert not list(written.glob(".partial"))


def test_interrupted_writing_goes_on_where_it_was(demo, written, tmp_path):
    out = tmp_path / "cohort"
    shutil.copytree(written, out)
    shutil.rmtree(out / "south" / "dicom" / "0001")
    (out / ".partial" / "south-0001").mkdir(parents=True)
    (out / ".partial" / "south-0001" / "half.dcm").write_bytes(b"half")
    untouched = (out / "north" / "dicom" / "0001" / "segmentation.dcm").stat().st_mtime_ns
    seen = []
    cohort.write(demo, out, seed=5, patients=1, report=lambda progress: seen.append((progress.done, progress.total)))
    assert seen == [(3, 4), (4, 4)]
    assert content(out) == content(written)
    assert (out / "north" / "dicom" / "0001" / "segmentation.dcm").stat().st_mtime_ns == untouched


@pytest.mark.parametrize(
    ("name", "seed", "patients", "message"),
    [
        ("demo", 6, 1, "another scenario or seed"),
        ("null", 5, 1, "another scenario or seed"),
    ],
)
def test_another_cohort_is_not_overwritten(written, name, seed, patients, message):
    before = content(written)
    with pytest.raises(MrfedError, match=message) as raised:
        cohort.write(scenario.load(name), written, seed=seed, patients=patients)
    assert raised.value.code is Code.REFUSED
    assert content(written) == before


def test_foreign_folder_is_not_touched(demo, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(MrfedError, match="not empty"):
        cohort.write(demo, tmp_path, seed=5, patients=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_fewer_patients_than_there_are_is_refused(demo, written, tmp_path):
    out = tmp_path / "cohort"
    shutil.copytree(written, out)
    shutil.copytree(out / "north" / "dicom" / "0001", out / "north" / "dicom" / "0002")
    with pytest.raises(MrfedError, match="already holds 2 patients"):
        cohort.write(demo, out, seed=5, patients=1)


def test_tumour_outside_the_field_of_view_is_named(demo, tmp_path):
    north = demo.hospitals[0]
    tiny = {"slices": 4, "slice_mm": 0.8, "rows": 16, "columns": 16, "in_plane_mm": 0.5}
    scanner = north.scanner.model_copy(update={"dce": north.scanner.dce.model_copy(update=tiny)})
    narrow = north.model_copy(update={"scanner": scanner})
    patients = (patient.draw(demo.effects, narrow, 5, index) for index in range(1, 100))
    outside = next(patient for patient in patients if _off_centre_mm(anatomy(patient, 5)) > 8)
    with pytest.raises(MrfedError, match=rf"hospital north: .*{outside.patient_id}.* field of view"):
        cohort.write_exam(outside, narrow, 5, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SITES)
def test_pixels_come_back_as_they_were_reconstructed(name, headers, exams):
    phases = dce_phases(headers[name])
    exam = exams[name]
    assert len(phases) == len(exam.dce)
    for phase, images in enumerate(phases):
        scale = float(images[0].get((0x2005, 0x100E)).value) if name == "south" else 1.0
        stored = np.stack([image.pixel_array for image in images])
        np.testing.assert_allclose(stored / scale, exam.dce[phase], rtol=0, atol=0.51 / scale)


@pytest.mark.parametrize("name", SITES)
def test_gdcm_finds_the_same_geometry(name, headers, exams, tmp_path):
    grid = exams[name].dce_grid
    images = dce_phases(headers[name])[1]
    for number, image in enumerate(images):
        image.save_as(tmp_path / f"{number:03d}.dcm")
    reader = sitk.ImageSeriesReader()
    series = reader.GetGDCMSeriesIDs(str(tmp_path))
    assert len(series) == 1
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path), series[0]))
    volume = reader.Execute()
    assert volume.GetSize() == grid.shape[::-1]
    assert volume.GetSpacing() == pytest.approx(grid.spacing_mm[::-1], abs=1e-6)
    points = grid.points_mm()
    for k, j, i in ((0, 0, 0), (grid.shape[0] - 1, 3, 5)):
        assert volume.TransformIndexToPhysicalPoint([i, j, k]) == pytest.approx(points[k, j, i], abs=1e-5)


@pytest.mark.parametrize("name", SITES)
def test_segmentation_is_the_true_mask(name, written, headers, exams):
    seg = highdicom.seg.segread(written / name / "dicom" / "0001" / "segmentation.dcm")
    images = dce_phases(headers[name])[1]
    mask = seg.get_pixels_by_source_instance(
        [image.SOPInstanceUID for image in images], assert_missing_frames_are_empty=True
    )[..., 0]
    assert mask.sum() > 100
    assert np.array_equal(mask > 0, exams[name].tumour)


@pytest.mark.parametrize("name", SITES)
def test_identifiers_are_unique_and_tie_the_exam_together(name, headers):
    images = headers[name]
    assert len({image.SOPInstanceUID for image in images}) == len(images)
    assert len({image.StudyInstanceUID for image in images}) == 1
    assert len({image.FrameOfReferenceUID for image in images}) == 1
    numbers = [(image.SeriesInstanceUID, image.InstanceNumber) for image in images]
    assert len(set(numbers)) == len(numbers)
    assert all(image.PatientID == f"{name}-0001" and image.PatientBirthDate == "" for image in images)


def test_every_dialect_states_its_phases_its_own_way(headers, exams):
    _, east, south, west = sites = [dce_phases(headers[name]) for name in SITES]
    series = [len({image.SeriesInstanceUID for phase in phases for image in phase}) for phases in sites]
    assert series == [6, 1, 1, 7]
    assert {image.AcquisitionTime for phase in east for image in phase} == {east[0][0].AcquisitionTime}
    assert [float(phase[0].TriggerTime) for phase in east] == pytest.approx(1000 * exams["east"].timing.starts_s)
    assert [phase[0].TemporalPositionIdentifier for phase in south] == [1, 2, 3, 4, 5, 6]
    assert [image.InstanceNumber for image in sorted(south[0], key=lambda image: image.InstanceNumber)][:3] == [
        1,
        7,
        13,
    ]
    times = [phase[0].AcquisitionTime for phase in west]
    assert times == sorted(set(times))
    bolus = pydicom.valuerep.TM(west[0][0].ContrastBolusStartTime)
    assert pydicom.valuerep.TM(times[0]) < bolus < pydicom.valuerep.TM(times[1])


def test_every_dialect_states_b_values_its_own_way(headers, demo):
    tags = {"north": (0x0019, 0x100C), "east": (0x0043, 0x1039), "south": (0x2001, 0x1003), "west": (0x0065, 0x1009)}
    for hospital in demo.hospitals:
        images = [image for image in headers[hospital.name] if image.ScanningSequence == "EP"]
        values = [image[tags[hospital.name]].value for image in images]
        if hospital.name == "east":
            values = [value[0] for value in values]
            assert any(value > 1e9 for value in values)
            values = [value % 1_000_000_000 for value in values]
        assert sorted({int(value) for value in values}) == list(hospital.scanner.dwi.b_values)
        assert all(("DiffusionBValue" in image) == (hospital.name == "south") for image in images)


def test_command_writes_and_tells_where(tmp_path):
    result = CliRunner().invoke(
        app, ["cohort", "--out", str(tmp_path / "c"), "--patients", "1", "--jobs", "1", "--scenario", "null"]
    )
    assert result.exit_code == 0
    assert str(tmp_path / "c" / "west" / "site.yaml") in result.stdout
    refused = CliRunner().invoke(app, ["cohort", "--out", str(tmp_path / "c"), "--seed", "2"])
    assert refused.exit_code == 1
    assert "another scenario or seed" in refused.stderr
