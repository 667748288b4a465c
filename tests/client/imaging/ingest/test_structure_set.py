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
