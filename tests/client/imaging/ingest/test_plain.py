"""NIfTI and NRRD: images named as BIDS does, masks beside a patient's DICOM."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import Examination, examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.ingest.patient_images import gather
from client.imaging.preprocess.itk import geometry_of
from client.imaging.preprocess.nearest import onto_grid
from shared.errors import MrfedError
from shared.sections.imaging import Imaging
from shared.sections.sequence import Sequence
from tests.exports import write_dynamic

DIRECTION = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # sagittal, left-handed as dcm2niix writes it
VOXELS = np.random.default_rng(1).integers(0, 2000, (4, 5, 6, 7)).astype(np.int16)


def write(path: Path, voxels: np.ndarray, **said: object) -> sitk.Image:
    path.parent.mkdir(parents=True, exist_ok=True)
    if voxels.ndim == 4:
        image = sitk.JoinSeries([sitk.GetImageFromArray(voxel) for voxel in voxels])
        direction = np.eye(4)
        direction[:3, :3] = np.reshape(DIRECTION, (3, 3))
        image.SetDirection(direction.ravel().tolist())
        image.SetOrigin((3.0, -40.0, 60.0, 0.0))
        image.SetSpacing((0.8, 0.9, 2.0, 1.0))
    else:
        image = sitk.GetImageFromArray(voxels)
        image.SetDirection(DIRECTION)
        image.SetOrigin((3.0, -40.0, 60.0))
        image.SetSpacing((0.8, 0.9, 2.0))
    sitk.WriteImage(image, str(path))
    if said:
        path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(said))
    return image


@pytest.fixture
def examined(tmp_path: Path) -> Callable[..., Examination]:
    def run(patient: str = "01", **mapping: object) -> Examination:
        index = Index(tmp_path, tmp_path / "work" / "index.sqlite")
        index.update()
        return examine(index.patient(patient), Mapping.model_validate(mapping))

    return run


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd"])
def test_geometry_and_values_are_those_of_the_file(
    tmp_path: Path, examined: Callable[..., Examination], suffix: str
) -> None:
    image = write(tmp_path / "sub-01" / "anat" / f"sub-01_T2w{suffix}", VOXELS[0], RepetitionTime=4.0, EchoTime=0.09)
    computed = pixels.load(examined().single(Sequence.T2), tmp_path)
    again = sitk.GetImageFromArray(computed.voxels)
    again.SetOrigin(computed.geometry.origin_mm)
    again.SetSpacing(computed.geometry.spacing_mm)
    again.SetDirection(computed.geometry.direction)
    # the slices may run the other way: the same places have the same values
    for index in [(0, 0, 0), (6, 5, 4), (3, 2, 1)]:
        place = image.TransformIndexToPhysicalPoint(index)
        assert again.GetPixel(again.TransformPhysicalPointToIndex(place)) == image.GetPixel(index)
    corners = [np.unique(one.corners_mm().round(4), axis=0) for one in (computed.geometry, geometry_of(image))]
    np.testing.assert_allclose(*corners, atol=1e-3)


def test_phases_of_a_four_dimensional_file(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write(tmp_path / "sub-01" / "sub-01_dce.nii.gz", VOXELS, Manufacturer="ACME", FlipAngle=10)
    computed = examined(timing={"seconds_after_injection": [-30, 60, 120, 180]}).dynamic()
    assert computed.timing.seconds == (-30, 60, 120, 180)
    assert computed.timing.assumed
    loaded = np.stack([pixels.load(phase, tmp_path).voxels for phase in computed.phases])
    np.testing.assert_array_equal(loaded if computed.phases[0].frames[0].index == 0 else loaded[:, ::-1], VOXELS)
    assert computed.example.manufacturer == "ACME"
    assert computed.example.flip_angle_deg == 10


def test_b_values_stand_beside_it(tmp_path: Path, examined: Callable[..., Examination]) -> None:
    write(tmp_path / "sub-01" / "sub-01_dwi.nii.gz", VOXELS)
    (tmp_path / "sub-01" / "sub-01_dwi.bval").write_text("0 800 50 800\n")
    computed = examined().diffusion()
    assert computed.b_values == (0, 50, 800)
    assert [len(stack) for stack in computed.stacks] == [1, 1, 2]


def test_what_stands_beside_a_file_belongs_to_it(tmp_path: Path) -> None:
    write(tmp_path / "sub-01_dwi.nii.gz", VOXELS)
    beside = tmp_path / "sub-01_dwi.bval"
    beside.write_text("0 800 50 800\n")
    index = Index(tmp_path, tmp_path / "work" / "index.sqlite")
    index.update()
    before = index.digests("01")
    beside.write_text("0 900 50 900 \n")
    index.update()
    assert index.digests("01") != before
    assert {frame.b_value for frame in index.patient("01").frames} == {0, 50, 900}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("sub-01_T2w.nii.gz", b"no image", "cannot be read"),
        ("sub-01_mask.nii", b"", "cannot be read"),
        ("sub-01_T2w.nrrd", b"NRRD0004\ntype: float\n", "cannot be read"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    (tmp_path / name).write_bytes(content)
    index = Index(tmp_path, tmp_path / "work" / "index.sqlite")
    index.update()
    (fault,) = index.faults()
    assert fault.path == name
    assert problem in fault.reason


def test_as_many_b_values_as_volumes(tmp_path: Path) -> None:
    write(tmp_path / "sub-01_dwi.nii.gz", VOXELS)
    (tmp_path / "sub-01_dwi.bval").write_text("0 800\n")
    index = Index(tmp_path, tmp_path / "work" / "index.sqlite")
    index.update()
    assert "has 4 volumes, its .bval file 2 b-values" in index.faults()[0].reason


IMAGING = Imaging(sequences=(Sequence.DCE,))


@pytest.fixture
def beside_dicom(tmp_path: Path) -> Path:
    """A patient's DICOM, and a folder for masks in it."""
    folder = tmp_path / "any name"
    write_dynamic(folder, slices=5, voxels=np.ones((3, 5, 6, 7)))
    return folder / "masks"


def drawn(folder: Path, name: str, inside: np.ndarray) -> None:
    """A mask on the grid of the patient's DICOM."""
    folder.mkdir(exist_ok=True)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetOrigin((-4.0, -3.0, 10.0))
    image.SetSpacing((1.0, 1.5, 2.0))
    sitk.WriteImage(image, str(folder / name))


def test_a_mask_beside_dicom_is_the_patients(
    tmp_path: Path, examined: Callable[..., Examination], beside_dicom: Path
) -> None:
    inside = VOXELS[0] > 1500
    drawn(beside_dicom, "tumour_mask.nii.gz", inside)
    images = gather(examined("P1"), IMAGING, tmp_path).images
    np.testing.assert_array_equal(onto_grid(images.masks[Role.TUMOUR], images.grid, "here"), inside)


def test_labels_and_readers_in_one_folder(
    tmp_path: Path, examined: Callable[..., Examination], beside_dicom: Path
) -> None:
    inside = VOXELS[0] > 1500
    drawn(beside_dicom, "tumour_rater-ann.nrrd", inside)
    drawn(beside_dicom, "tumour_rater-ben.nrrd", ~inside)
    with pytest.raises(MrfedError, match="2 readers drew the tumour"):
        gather(examined("P1"), IMAGING, tmp_path)
    images = gather(examined("P1", reader="ben"), IMAGING, tmp_path).images
    np.testing.assert_array_equal(onto_grid(images.masks[Role.TUMOUR], images.grid, "here"), ~inside)
    for path in beside_dicom.iterdir():
        path.unlink()
    drawn(beside_dicom, "lesion.nrrd", inside.astype(int) + 2 * (VOXELS[0] < 300))
    images = gather(examined("P1", patients={"P1": {"lesion": "lesion 2"}}), IMAGING, tmp_path).images
    np.testing.assert_array_equal(onto_grid(images.masks[Role.TUMOUR], images.grid, "here"), VOXELS[0] < 300)


def test_a_mask_between_two_patients_belongs_to_nobody(tmp_path: Path, beside_dicom: Path) -> None:
    write_dynamic(tmp_path / "another", patient="P2")
    drawn(tmp_path / "masks", "mask.nrrd", VOXELS[0] > 1500)
    (tmp_path / "mask.nrrd").write_bytes((tmp_path / "masks" / "mask.nrrd").read_bytes())
    index = Index(tmp_path, tmp_path / "work" / "index.sqlite")
    index.update()
    assert [fault.path for fault in index.faults()] == ["mask.nrrd", "masks/mask.nrrd"]
    assert "belongs to no patient" in index.faults()[0].reason
