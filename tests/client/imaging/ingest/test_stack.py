"""Slices in order: geometry as SimpleITK's own reader finds it, and every way in which it can be wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from client.imaging.ingest import pixels
from client.imaging.ingest.frame import Frame
from client.imaging.ingest.header import read
from client.imaging.ingest.stack import stack
from client.imaging.preprocess.itk import geometry_of
from shared.errors import Code, MrfedError
from tests.exports import AXIAL, SAGITTAL, write_volume

_OBLIQUE = tuple(
    float(one) for axis in (0, 1) for one in np.linalg.qr(np.array([[9, 1, 2], [-1, 8, 1], [2, 1, 7]]))[0][:, axis]
)
VOXELS = np.random.default_rng(1).integers(0, 4000, (4, 6, 8))


def frames(paths: list[Path]) -> list[Frame]:
    return [read(path.read_bytes(), path.name).frames[0] for path in paths]


@pytest.fixture
def axial(tmp_path: Path) -> list[Frame]:
    return frames(write_volume(tmp_path, VOXELS))


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, _OBLIQUE])
@pytest.mark.parametrize("instance", [(1, 2, 3, 4), (4, 3, 2, 1)])
def test_geometry_agrees_with_simpleitk(
    tmp_path: Path, orientation: tuple[float, ...], instance: tuple[int, ...]
) -> None:
    paths = write_volume(
        tmp_path, VOXELS, instance, ImageOrientationPatient=[f"{cosine:.8f}" for cosine in orientation]
    )
    computed = stack(frames(paths))
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in paths])
    expected = reader.Execute()
    assert computed.geometry.agrees_with(geometry_of(expected), tolerance_mm=1e-4)
    loaded = pixels.load(computed, tmp_path)
    np.testing.assert_array_equal(loaded.voxels, sitk.GetArrayFromImage(expected))


def test_the_order_of_files_does_not_matter(axial: list[Frame]) -> None:
    assert stack(axial[::-1]) == stack(axial)


def test_a_single_slice_is_as_thick_as_it_says(axial: list[Frame]) -> None:
    assert stack(axial[:1]).geometry.spacing_mm == (1.0, 1.5, 2.0)
    assert stack([replace(axial[0], thickness_mm=-3.0)]).geometry.spacing_mm == (1.0, 1.5, 1.0)


def _at(frame: Frame, x: float, y: float, z: float) -> Frame:
    return replace(frame, position_mm=(x, y, z))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda f: [f[0], f[1], f[3]], "1 missing"),
        (lambda f: [*f, replace(f[2], path="copy.dcm")], "same place as another slice"),
        (lambda f: [*f[:3], replace(f[3], orientation=SAGITTAL)], "oriented otherwise"),
        (lambda f: [*f[:3], replace(f[3], row_spacing_mm=1.4)], "another pixel spacing"),
        (lambda f: [*f[:3], replace(f[3], rows=7)], "7 x 8 pixels"),
        (lambda f: [*f[:3], replace(f[3], position_mm=None)], "no position"),
        (lambda f: [*f[:3], replace(f[3], orientation=None)], "no orientation"),
        (lambda f: [*f[:3], replace(f[3], orientation=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0))], "perpendicular"),
        (lambda f: [replace(frame, row_spacing_mm=None) for frame in f], "no pixel spacing"),
        (lambda f: [replace(frame, row_spacing_mm=0.0) for frame in f], "a pixel spacing of 0 mm"),
        (lambda f: [replace(frame, row_spacing_mm=-1.5) for frame in f], "a pixel spacing of -1.5 mm"),
        (lambda f: [_at(frame, -4 + index, -3, 10 + 2 * index) for index, frame in enumerate(f)], "beside the normal"),
    ],
)
def test_what_makes_no_grid_is_named(axial: list[Frame], damage: object, problem: str) -> None:
    with pytest.raises(MrfedError, match=problem) as caught:
        stack(damage(axial))
    assert caught.value.code is Code.DATA_INCONSISTENT
    assert "patient P1" in caught.value.text
    assert ".dcm" in caught.value.text
