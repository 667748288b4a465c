"""RTSTRUCT contours filled on the image's slices."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.imaging.ingest.header import read
from client.imaging.ingest.structure_set import filled, read_region
from shared.errors import MrfedError
from tests.client.imaging.ingest.contours import GRID, contour, written
from tests.exports import uid


def test_a_box_with_a_hole(tmp_path: Path) -> None:
    outer = contour([4.5, 20.5, 20.5, 4.5], [5.5, 5.5, 15.5, 15.5], 3)
    inner = contour([8.5, 12.5, 12.5, 8.5], [8.5, 8.5, 11.5, 11.5], 3)
    elsewhere = contour([0.5, 3.5, 3.5, 0.5], [0.5, 0.5, 2.5, 2.5], 5)
    found = read_region(written(tmp_path / "r.dcm", [outer, inner, elsewhere]), 7, GRID, "P1")
    expected = np.zeros(GRID.shape)
    expected[3, 6:16, 5:21] = 1
    expected[3, 9:12, 9:13] = 0
    expected[5, 1:3, 1:4] = 1
    np.testing.assert_array_equal(found.voxels, expected)


BOX = ([4.5, 20.5, 20.5, 4.5], [5.5, 5.5, 15.5, 15.5])
HOLE = ([8.5, 12.5, 12.5, 8.5], [8.5, 8.5, 11.5, 11.5])


def _drawn(tmp_path: Path, *corners: tuple[list[float], list[float]], kind: str = "CLOSED_PLANAR") -> np.ndarray:
    contours = [contour(x, y, 3) for x, y in corners]
    return read_region(written(tmp_path / "r.dcm", contours, kind), 7, GRID, "P1").voxels[3] > 0


def _reversed(corners: tuple[list[float], list[float]]) -> tuple[list[float], list[float]]:
    return corners[0][::-1], corners[1][::-1]


def _box(hole: bool = False) -> np.ndarray:
    expected = np.zeros(GRID.shape[1:], dtype=bool)
    expected[6:16, 5:21] = True
    expected[9:12, 9:13] = not hole
    return expected


@pytest.mark.parametrize(
    "copies",
    [
        (BOX, BOX),
        (BOX, BOX, BOX),
        (BOX, _reversed(BOX)),
        (BOX, (BOX[0][2:] + BOX[0][:2], BOX[1][2:] + BOX[1][:2])),
        (BOX, ([4.52, 20.48, 20.48, 4.52], [5.51, 5.51, 15.49, 15.49])),
    ],
)
def test_a_contour_that_is_there_twice(tmp_path: Path, copies: tuple[tuple[list[float], list[float]], ...]) -> None:
    np.testing.assert_array_equal(_drawn(tmp_path, *copies), _box())


def test_contours_that_overlap_are_joined(tmp_path: Path) -> None:
    found = _drawn(tmp_path, BOX, ([15.5, 30.5, 30.5, 15.5], [8.5, 8.5, 20.5, 20.5]))
    expected = _box()
    expected[9:21, 16:31] = True
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("inner", [HOLE, _reversed(HOLE)])
def test_a_hole_by_either_orientation_even_twice(tmp_path: Path, inner: tuple[list[float], list[float]]) -> None:
    np.testing.assert_array_equal(_drawn(tmp_path, BOX, inner), _box(hole=True))
    np.testing.assert_array_equal(_drawn(tmp_path, inner, BOX, inner, BOX), _box(hole=True))


def test_a_hole_by_a_keyhole(tmp_path: Path) -> None:
    x = [4.5, 20.5, 20.5, 4.5, 4.5, 8.5, 8.5, 12.5, 12.5, 8.5, 4.5]
    y = [5.5, 5.5, 15.5, 15.5, 8.5, 8.5, 11.5, 11.5, 8.5, 8.5, 8.5]
    np.testing.assert_array_equal(_drawn(tmp_path, (x, y)), _box(hole=True))


def test_a_thin_rim_by_orientation(tmp_path: Path) -> None:
    inner = _reversed(([5.5, 19.5, 19.5, 5.5], [5.6, 5.6, 15.4, 15.4]))
    expected = _box()
    expected[6:16, 6:20] = False
    np.testing.assert_array_equal(_drawn(tmp_path, BOX, inner), expected)


def test_an_island_in_a_hole(tmp_path: Path) -> None:
    found = _drawn(tmp_path, BOX, HOLE, ([9.5, 11.5, 11.5, 9.5], [9.5, 9.5, 10.5, 10.5]))
    expected = _box(hole=True)
    expected[10, 10:12] = True
    np.testing.assert_array_equal(found, expected)


def test_what_asks_to_leave_overlaps_out(tmp_path: Path) -> None:
    assert not _drawn(tmp_path, BOX, BOX, kind="CLOSEDPLANAR_XOR").any()


def test_it_is_found_in_the_index(tmp_path: Path) -> None:
    mask = read(written(tmp_path / "r.dcm", []).read_bytes(), "r.dcm").mask
    assert mask is not None
    assert (mask.modality, mask.reader, mask.segments[0].label) == ("RTSTRUCT", "Reader^One", "GTV")
    assert mask.frame_of_reference == uid("P1", "frame of reference")


@settings(max_examples=40, deadline=None)
@given(st.floats(8, 22), st.floats(8, 22), st.floats(2, 7), st.integers(3, 25), st.floats(0, 6))
def test_a_polygon_holds_the_centres_inside_it(cx: float, cy: float, radius: float, corners: int, turn: float) -> None:
    angles = turn + np.arange(corners) * 2 * np.pi / corners
    x, y = cx + radius * np.cos(angles), cy + radius * np.sin(angles)
    columns, rows = np.meshgrid(np.arange(30), np.arange(30))
    # inside a convex polygon: to the same side of every edge
    edges = zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True)
    sides = [(x1 - x0) * (rows - y0) - (y1 - y0) * (columns - x0) for x0, y0, x1, y1 in edges]
    clear = np.abs(sides).min(axis=0) > 1e-6
    np.testing.assert_array_equal(filled(x, y, 30, 30)[clear], (np.array(sides) > 0).all(axis=0)[clear])


@pytest.mark.parametrize(
    ("contours", "kind", "problem"),
    [
        ([], "CLOSED_PLANAR", "no closed contour"),
        ([contour([1, 5, 5], [1, 1, 5], 3)], "POINT", "no closed contour"),
        ([contour([1, 5, 5], [1, 1, 5], 3.5)], "CLOSED_PLANAR", "between the slices"),
        ([contour([1, 60, 60], [1, 1, 5], 3)], "CLOSED_PLANAR", "beyond the image"),
        ([contour([1, 5, 5], [1, 1, 5], 12)], "CLOSED_PLANAR", "beyond the image"),
    ],
)
def test_what_was_drawn_elsewhere(tmp_path: Path, contours: list[np.ndarray], kind: str, problem: str) -> None:
    with pytest.raises(MrfedError, match=problem):
        read_region(written(tmp_path / "r.dcm", contours, kind), 7, GRID, "P1")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "r.dcm", [contour([1, 5, 5], [1, 1, 5], 3)])
    path.write_bytes(b"nothing of the sort")
    with pytest.raises(MrfedError, match=r"r\.dcm cannot be decoded as a structure set"):
        read_region(path, 7, GRID, "P1")
