"""Every vendor's dialect, classic and Enhanced, read back by the hospital's own ingest and by GDCM."""

from dataclasses import dataclass
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import Examination
from client.imaging.ingest.examination import examine as open_examination
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping
from client.imaging.ingest.segmentation import read_segment
from simulations import cohort, patient, scenario
from simulations.exam import Exam, examine
from simulations.hospital import Hospital
from simulations.scanner import Export

pytestmark = pytest.mark.slow
VENDORS = ("north", "east", "south", "west")
CLASSIC, ENHANCED = Export(), Export(multiframe=True)
EXPORTS = {
    f"{name} {kind}": (name, export)
    for name in VENDORS
    for kind, export in (("classic", CLASSIC), ("enhanced", ENHANCED))
} | {
    "north classic descending compressed": ("north", Export(descending=True, compressed=True)),
    "south enhanced descending compressed": ("south", Export(multiframe=True, descending=True, compressed=True)),
}


@dataclass(frozen=True)
class Exported:
    """One small exam on disk, as it was reconstructed and as ingest sees it."""

    hospital: Hospital
    exam: Exam
    folder: Path
    seen: Examination


def small(hospital: Hospital, export: Export) -> Hospital:
    """The hospital with small stacks and three phases, exporting as told."""
    scanner = hospital.scanner
    dce = scanner.dce.model_copy(update={"rows": 30, "columns": 32, "slices": 9, "phases": 3})
    dwi = scanner.dwi.model_copy(update={"rows": 16, "columns": 18, "slices": 5})
    return hospital.model_copy(
        update={"scanner": scanner.model_copy(update={"dce": dce, "dwi": dwi, "export": export})}
    )


def exported(name: str, export: Export, out: Path) -> Exported:
    scene = scenario.load("demo")
    hospital = small(next(hospital for hospital in scene.hospitals if hospital.name == name), export)
    someone = patient.draw(scene.effects, hospital, 3, 1)
    cohort.write_exam(someone, hospital, 3, out)
    folder = out / name / "dicom"
    index = Index(folder, out / "index.sqlite")
    index.update()
    assert index.faults() == []
    seen = open_examination(index.patient(someone.patient_id), Mapping())
    return Exported(hospital, examine(someone, hospital.scanner, 3), folder, seen)


@pytest.fixture(scope="module", params=EXPORTS)
def export(request, tmp_path_factory) -> Exported:
    name, export = EXPORTS[request.param]
    return exported(name, export, tmp_path_factory.mktemp("export"))


def test_phases_come_back_with_their_times_and_values(export):
    dynamic = export.seen.dynamic()
    assert dynamic.timing.seconds == pytest.approx(export.exam.timing.after_injection_s, abs=2e-3)
    assert not dynamic.timing.assumed
    for phase, stack in zip(export.exam.dce, dynamic.phases, strict=True):
        volume = pixels.load(stack, export.folder)
        np.testing.assert_allclose(volume.voxels, phase, rtol=1e-6, atol=0.51)
        grid = export.exam.dce_grid
        corner = volume.geometry.affine @ np.array([grid.shape[2] - 1, 0, grid.shape[0] - 1, 1])
        assert corner[:3] == pytest.approx(grid.points_mm()[-1, 0, -1], abs=1e-4)


def test_b_values_come_back_with_their_images(export):
    diffusion = export.seen.diffusion()
    assert diffusion.b_values == export.hospital.scanner.dwi.b_values
    for expected, (stack,) in zip(export.exam.dwi, diffusion.stacks, strict=True):
        volume = pixels.load(stack, export.folder)
        np.testing.assert_allclose(volume.voxels, expected, rtol=1e-6, atol=0.51)


def test_mask_comes_back_in_its_place(export):
    (mask,) = export.seen.masks
    volume = read_segment(export.folder / mask.path, 1, "simulated")
    inside = np.argwhere(volume.voxels > 0)
    points = (volume.geometry.affine @ np.c_[inside[:, ::-1], np.ones(len(inside))].T).T[:, :3]
    expected = export.exam.dce_grid.points_mm()[export.exam.tumour]
    order, expected_order = np.lexsort(points.round(2).T), np.lexsort(expected.round(2).T)
    np.testing.assert_allclose(points[order], expected[expected_order], atol=1e-3)


def test_gdcm_and_highdicom_read_the_objects(export):
    path = export.folder / export.seen.dynamic().phases[1].frames[0].path
    image = sitk.ReadImage(str(path))
    grid = export.exam.dce_grid
    assert image.GetSize()[:2] == (grid.shape[2], grid.shape[1])
    assert image.GetSpacing()[:2] == pytest.approx((grid.spacing_mm[2], grid.spacing_mm[1]))
    if image.GetSize()[2] == grid.shape[0]:  # one phase: a volume that GDCM can place
        last = image.TransformIndexToPhysicalPoint([0, 0, grid.shape[0] - 1])
        assert last == pytest.approx(grid.position_mm(grid.shape[0] - 1), abs=1e-3)
    assert highdicom.Image.from_dataset(pydicom.dcmread(path)).number_of_frames == image.GetSize()[2]


@pytest.mark.parametrize("multiframe", [False, True])
@pytest.mark.parametrize("name", ["north", "east"])
def test_anonymized_timing_is_gone(name, multiframe, tmp_path):
    written = exported(name, Export(multiframe=multiframe, states_timing=False), tmp_path)
    dynamic = written.seen.dynamic()
    assert len(dynamic.phases) == len(written.exam.dce)
    assert dynamic.timing.seconds is None


def test_only_philips_values_need_a_scale(export):
    dwi, dce = export.seen.diffusion().example, export.seen.dynamic().example
    # Philips' series 2 and 3 are scaled by 1.0 and 4.0: stored numbers of one are not those of the other.
    expected = (1.0, 4.0) if export.hospital.name == "south" else (1.0, 1.0)
    assert (1 / dwi.slope, 1 / dce.slope) == pytest.approx(expected)
