"""Siemens mosaics and UIH grids taken apart: against the slices' places in Siemens' own protocol and UIH's list."""

import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from client.imaging.ingest import pixels
from client.imaging.ingest.header import Reading, read
from client.imaging.ingest.packed import tiles
from client.imaging.ingest.stack import Stack, stack
from tests.imaging_cases import CASES


def phantom(name: str, number: int) -> Path:
    """A phantom of the public sets dcm_qa_decubitus and dcm_qa_uih (BSD 2-clause)."""
    files = sorted((CASES / name).glob("*.dcm"))
    if not files:
        pytest.skip(f"{CASES} has no {name}")
    return files[number]


def stacked(path: Path) -> Stack:
    return stack(read(path.read_bytes(), path.name).frames)


@pytest.mark.real
@pytest.mark.parametrize(("number", "b_value"), [(0, 0.0), (1, 1000.0)])
def test_a_mosaic_is_25_slices_where_the_protocol_put_them(number: int, b_value: float) -> None:
    path = phantom("siemens_mosaic", number)
    found = stacked(path)
    assert found.geometry.size == (128, 128, 25)
    assert found.geometry.spacing_mm == pytest.approx((1.71875, 1.71875, 5.2), abs=1e-3)
    assert {frame.b_value for frame in found.frames} == {b_value}
    assert found.frames[0].phase_encoding == "COL positive"
    # the protocol has the centre of each slice, half a pixel behind the middle of the even number of pixels
    protocol = dcmread(path)[0x0029, 0x1020].value.decode("latin-1")
    for index in (0, 1, 24):
        centre = found.geometry.affine @ (64, 64, index, 1)
        for axis, name in enumerate(("dSag", "dCor", "dTra")):
            stated = re.search(rf"sSliceArray\.asSlice\[{index}\]\.sPosition\.{name}\s*=\s*(-?[\d.]+)", protocol)
            if stated:
                assert centre[axis] == pytest.approx(float(stated[1]), abs=0.01)


@pytest.mark.real
def test_tiles_of_a_mosaic_are_its_slices(tmp_path: Path) -> None:
    path = phantom("siemens_mosaic", 0)
    shutil.copy(path, tmp_path / path.name)
    packed = dcmread(path).pixel_array
    voxels = pixels.load(stacked(path), tmp_path).voxels
    assert packed.shape == (640, 640)
    np.testing.assert_array_equal(voxels[0], packed[:128, :128])
    np.testing.assert_array_equal(voxels[7], packed[128:256, 256:384])
    np.testing.assert_array_equal(voxels[24], packed[512:, 512:])


@pytest.mark.real
def test_a_grid_of_uih_is_20_slices(tmp_path: Path) -> None:
    path = phantom("uih_vframe", 0)
    shutil.copy(path, tmp_path / path.name)
    found = stacked(path)
    assert found.geometry.size == (64, 64, 20)
    # (0020,0032) of the first two slices in (0065,1051), and 3.5 mm slices with a gap of 0.7 mm
    assert found.geometry.origin_mm == pytest.approx((-114.442863, -112.324295, -6.39442587))
    assert found.frames[1].position_mm == pytest.approx((-114.564476, -112.324295, -2.19618678))
    assert found.geometry.spacing_mm == pytest.approx((3.5, 3.5, 4.2), abs=1e-3)
    packed = dcmread(path).pixel_array
    voxels = pixels.load(found, tmp_path).voxels
    np.testing.assert_array_equal(voxels[0], packed[:64, :64])
    np.testing.assert_array_equal(voxels[6], packed[64:128, 64:128])


def _without(path: Path, *tags: tuple[int, int]) -> Reading:
    one = dcmread(path)
    for tag in tags:
        del one[tag]
    stream = BytesIO()
    one.save_as(stream)
    return read(stream.getvalue(), "a.dcm")


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "tag", "problem"),
    [
        ("siemens_mosaic", (0x0029, 0x1010), "is a Siemens mosaic, all slices in one image, and its CSA header"),
        ("siemens_mosaic", (0x0018, 0x0088), "is a Siemens mosaic, all slices in one image, and its position"),
        ("uih_vframe", (0x0065, 0x1051), "is a UIH VFRAME grid, all slices in one image, and the places"),
    ],
)
def test_what_an_anonymizer_took_is_named(name: str, tag: tuple[int, int], problem: str) -> None:
    found = _without(phantom(name, 0), tag)
    assert not found.frames
    assert found.fault.startswith(problem)


def _grid(count: int) -> FileDataset:
    one = Dataset()
    one.Manufacturer = "UIH"
    one.add_new(0x00650010, "LO", "Image Private Header")
    places = []
    for index in range(count):
        place = Dataset()
        place.ImagePositionPatient = [0, 0, index]
        places.append(place)
    one.add_new(0x00651051, "SQ", places)
    return one  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("count", "rows", "columns", "last"), [(2, 8, 16, (0, 8)), (5, 16, 24, (8, 8)), (1, 8, 8, (0, 0))]
)
def test_rows_of_a_grid_that_is_not_square(count: int, rows: int, columns: int, last: tuple[int, int]) -> None:
    found = tiles(_grid(count), ("VFRAME",), rows, columns)
    assert (found[-1].row, found[-1].column) == last
    assert {(tile.rows, tile.columns) for tile in found} == {(8, 8)}


def test_slices_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="5 slices do not fit into 17 x 24 pixels"):
        tiles(_grid(5), ("VFRAME",), 17, 24)
