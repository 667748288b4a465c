"""The breast is found on simulated anatomy, and holds the tumour of a real patient."""

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.ingest import pixels
from client.imaging.ingest.examination import examine
from client.imaging.ingest.index import Index
from client.imaging.ingest.mapping import Mapping, Role
from client.imaging.preprocess.breast_mask import add_breast, breast, coordinate_mm
from client.imaging.preprocess.crop_side import crop
from client.imaging.preprocess.images import PatientImages
from client.imaging.preprocess.resample import onto_common_grid
from client.imaging.volume import Geometry, Volume
from shared.errors import MrfedError
from shared.sections.imaging import BreastMask, CropSide
from simulations.anatomy import anatomy
from simulations.patient import draw
from simulations.phantom.tissue import Tissue
from simulations.scenario import load

STRAIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)


def simulated(direction: tuple[float, ...], fat: float) -> tuple[Volume, np.ndarray]:
    """An image of a simulated breast, its fat as bright as said, and where the breast truly is."""
    scenario = load("demo")
    patient = draw(scenario.effects, scenario.hospitals[0], 1, 3)
    body = anatomy(patient, 1)
    middle = body.breast.middle_mm
    grid = Geometry((72, 80, 40), (1.2, 1.2, 2.0), (0, 0, 0), direction)  # type: ignore[arg-type]
    centre = np.array(grid.corners_mm().mean(axis=0))
    grid = replace(grid, origin_mm=tuple((middle - centre).tolist()))
    points = np.stack([coordinate_mm(grid, axis) for axis in range(3)], axis=-1).astype(float)
    fractions = body.breast.fractions(points)
    brightness = {Tissue.SKIN: 300.0, Tissue.FAT: fat, Tissue.FIBROGLANDULAR: 450.0, Tissue.MUSCLE: 400.0}
    signal = sum(bright * fractions[tissue] for tissue, bright in brightness.items())
    signal = signal + np.abs(np.random.default_rng(1).normal(0, 8, grid.shape))
    depth = body.breast.depth_mm(points)
    true = (depth > 2.0) & (points[..., 1] - body.breast.base_mm[1] < 0)
    return Volume(signal.astype(np.float32), grid), true


@pytest.mark.parametrize("fat", [60.0, 500.0])
@pytest.mark.parametrize("direction", [STRAIGHT, SAGITTAL])
def test_simulated_breasts(direction: tuple[float, ...], fat: float) -> None:
    volume, true = simulated(direction, fat)
    computed = breast(volume, skin_mm=2.0)
    dice = 2 * (computed & true).sum() / (computed.sum() + true.sum())
    assert dice > 0.85


def test_a_drawn_breast_comes_first() -> None:
    volume, true = simulated(STRAIGHT, 60.0)
    drawn = Volume(true.astype(np.float32), volume.geometry, "mask")
    images = PatientImages("here", volume.geometry, dynamic=(volume,), masks={Role.BREAST: drawn})
    assert add_breast(images, BreastMask(step="breast_mask")).masks[Role.BREAST] is drawn
    computed = add_breast(replace(images, masks={}), BreastMask(step="breast_mask"))
    assert computed.masks[Role.BREAST].voxels.sum() == breast(volume, 2.0).sum()


def test_no_breast_is_said() -> None:
    grid = Geometry((20, 20, 8), (1, 1, 1), (0, 0, 0), STRAIGHT)  # type: ignore[arg-type]
    images = PatientImages("patient 7", grid, dynamic=(Volume(np.zeros(grid.shape, np.float32), grid),))
    with pytest.raises(MrfedError, match="patient 7: no breast is found"):
        add_breast(images, BreastMask(step="breast_mask"))


@pytest.mark.real
def test_the_real_tumour_lies_in_the_breast(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real_data("breast_dce_ucsf")
    with tarfile.open(folder / "dicom_UCSF-BR-06.tar.gz") as archive:
        archive.extractall(tmp_path / "in", filter="data")
    index = Index(tmp_path / "in", tmp_path / "index.sqlite")
    index.update()
    volume = pixels.load(examine(index.patient("UCSF-BR-06"), Mapping()).dynamic().phases[0], index.folder)
    tumour = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "ftv_mask.nii.gz"))) > 0
    assert tumour.sum() == 41105
    tumour = tumour if tumour.shape == volume.voxels.shape else np.zeros_like(tumour)
    computed = breast(volume, skin_mm=2.0)
    share = max((computed & one).sum() / 41105 for one in (tumour, tumour[::-1], tumour[:, ::-1], tumour[::-1, ::-1]))
    assert share > 0.97
    assert computed.mean() < 0.5, "the chest wall is not breast"


def both_breasts(tumour_x: int) -> PatientImages:
    """An axial field of view of 300 mm with a tumour at a column; columns run to the left of the patient."""
    grid = Geometry((150, 60, 10), (2.0, 2.0, 3.0), (-149.0, 0.0, 0.0), STRAIGHT)  # type: ignore[arg-type]
    voxels = np.random.default_rng(1).random(grid.shape).astype(np.float32)
    inside = np.zeros(grid.shape, np.float32)
    inside[4:6, 20:30, tumour_x : tumour_x + 10] = 1
    return PatientImages("here", grid, dynamic=(Volume(voxels, grid),), masks={Role.TUMOUR: Volume(inside, grid)})


@pytest.mark.parametrize(("tumour_x", "kept"), [(110, slice(65, 150)), (20, slice(0, 85)), (68, slice(0, 88))])
def test_the_side_of_the_tumour_is_kept(tumour_x: int, kept: slice) -> None:
    images = both_breasts(tumour_x)
    computed = onto_common_grid(crop(images, CropSide(step="crop_side", margin_mm=20)))
    np.testing.assert_array_equal(computed.dynamic[0].voxels, images.dynamic[0].voxels[:, :, kept])


def test_one_breast_stays_whole() -> None:
    volume, true = simulated(STRAIGHT, 60.0)
    mask = Volume(true.astype(np.float32), volume.geometry, "mask")
    images = PatientImages("here", volume.geometry, dynamic=(volume,), masks={Role.TUMOUR: mask})
    assert crop(images, CropSide(step="crop_side")) is images
