import tarfile

import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.radiomics.breast import Axes, estimated_breast, otsu
from client.imaging.radiomics.regions import ring
from simulations.anatomy import anatomy
from simulations.exam import examine
from simulations.patient import draw
from simulations.phantom.tissue import Tissue
from simulations.scenario import load


def test_axes_of_axial_and_sagittal_images():
    axial = np.eye(3)
    assert Axes.of(axial) == Axes(posterior=1, backwards=1, left_right=2)
    # Sagittal: columns go to the back, rows to the feet, slices to the left.
    sagittal = np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]])
    assert Axes.of(sagittal) == Axes(posterior=2, backwards=1, left_right=0)
    assert Axes.of(-sagittal).backwards == -1


def test_otsu_lies_between_two_classes():
    values = np.concatenate([np.full(50, 1.0), np.full(30, 9.0)])
    assert 1 < otsu(values) < 9


@pytest.mark.parametrize("hospital", range(4))
@pytest.mark.slow
def test_simulated_breasts_lose_air_skin_and_muscle(hospital):
    scenario = load("demo")
    hospital = scenario.hospitals[hospital]
    patient = draw(scenario.effects, hospital, 1, 3)
    exam = examine(patient, hospital.scanner, 1)
    grid = exam.dce_grid
    tissue = anatomy(patient, 1).at(grid.points_mm()).fractions
    breast = estimated_breast(exam.dce[0], grid.spacing_mm, Axes.of(grid.directions[::-1].T))
    inside = tissue[Tissue.FAT] + tissue[Tissue.FIBROGLANDULAR] + tissue[Tissue.TUMOUR] > 0.95
    assert not (breast & (tissue[Tissue.MUSCLE] > 0.5)).any()
    assert not (breast & (tissue.sum(axis=0) < 0.3)).any()
    assert (breast & inside).sum() > 0.7 * inside.sum()
    around = ring(exam.tumour, grid.spacing_mm, 0, 3)
    assert (around & breast & inside).sum() > 0.9 * (around & inside).sum()


def test_an_image_that_is_upside_down_gives_the_same_breast():
    scenario = load("demo")
    hospital = scenario.hospitals[0]
    exam = examine(draw(scenario.effects, hospital, 1, 0), hospital.scanner, 1)
    spacing_mm = exam.dce_grid.spacing_mm
    upright = estimated_breast(exam.dce[0], spacing_mm, Axes(1, 1, 2))
    turned = estimated_breast(exam.dce[0][:, ::-1], spacing_mm, Axes(1, -1, 2))
    assert upright.any()
    np.testing.assert_array_equal(turned[:, ::-1], upright)


def test_nothing_is_found_where_nothing_is():
    assert not estimated_breast(np.zeros((5, 6, 7)), (1.0, 1.0, 1.0), Axes(1, 1, 2)).any()


@pytest.mark.real
def test_a_real_breast(real_data, tmp_path):
    """The tumour that the readers found lies in it."""
    folder = real_data("breast_dce_ucsf")
    with tarfile.open(folder / "dicom_UCSF-BR-06.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    series = next(tmp_path.rglob("image_dce_3dfgre_orig"))
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(series))
    # 60 slices of three phases; the first phase is before contrast.
    slices = sorted((sitk.ReadImage(name) for name in names), key=lambda one: int(one.GetMetaData("0020|0013")))[:60]
    slices.sort(key=lambda one: one.GetOrigin()[0])
    voxels = np.concatenate([sitk.GetArrayFromImage(slice) for slice in slices]).astype(float)
    spacing_mm = (2.0, *slices[0].GetSpacing()[1::-1])
    direction = np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]])
    breast = estimated_breast(voxels, spacing_mm, Axes.of(direction))
    tumour = sitk.ReadImage(folder / "ftv_mask.nii.gz")
    places = np.argwhere(sitk.GetArrayFromImage(tumour).astype(bool))[:, ::-1]
    origin = np.array(slices[0].GetOrigin())
    step = np.array([direction[:, 0] * spacing_mm[2], direction[:, 1] * spacing_mm[1], [2.0, 0, 0]])
    mm = np.array([tumour.TransformIndexToPhysicalPoint(tuple(int(i) for i in place)) for place in places])
    index = np.rint(np.linalg.solve(step.T, (mm - origin).T)).astype(int)[::-1]
    assert breast[tuple(index)].mean() > 0.95
    assert 700 < breast.sum() * np.prod(spacing_mm) / 1000 < 1700  # ml
